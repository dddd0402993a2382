using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Looks at what waits. Counting costs nothing; to see a message the broker must hand it out, which hides it from
/// workers for that moment and counts as a delivery.</summary>
internal sealed class QueueView(
    RabbitConnection connection, QueueNames names, RabbitChannel commands, DelaySteps delays, PauseSign pause) : IAsyncDisposable
{
    private readonly QueueReader _reader = new(connection);

    /// <param name="running">What this process runs; the broker does not tell of others.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<QueueStatus> InspectAsync(int running, CancellationToken cancellationToken)
    {
        var channel = await commands.OpenAsync(cancellationToken);
        var waiting = new List<string>();
        var depth = 0L;
        foreach (var band in names.Bands)
        {
            var count = await CountAsync(channel, band, cancellationToken);
            if (count > 0) waiting.Add(band);
            depth += count;
        }

        var scheduled = 0L;
        foreach (var step in await delays.QueuesAsync(cancellationToken)) scheduled += await CountAsync(channel, step, cancellationToken);
        return new QueueStatus(names.Queue)
        {
            Depth = depth,
            Scheduled = scheduled,
            Running = running,
            DeadLetters = await CountAsync(channel, names.Dead, cancellationToken),
            IsPaused = await RabbitCalls.RunAsync(connection, () => pause.IsSetAsync(channel)),
            OldestAt = await OldestAsync(waiting, cancellationToken),
        };
    }

    public async Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken)
    {
        var seen = new List<QueueMessage>();
        foreach (var band in names.Bands.Reverse())
            await ReadAsync(band, max - seen.Count, seen.Add, cancellationToken);
        return seen;
    }

    public async Task<long> PurgeAsync(CancellationToken cancellationToken)
    {
        var channel = await commands.OpenAsync(cancellationToken);
        var steps = await delays.QueuesAsync(cancellationToken);
        var dropped = 0L;

        // The longest step first: what comes out of it during this is met in the next.
        foreach (var queue in steps.Reverse().Concat(names.Bands))
            dropped += await RabbitCalls.RunAsync(connection, () => channel.QueuePurgeAsync(queue, cancellationToken));
        return dropped;
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private async Task<DateTimeOffset?> OldestAsync(List<string> waiting, CancellationToken cancellationToken)
    {
        DateTimeOffset? oldest = null;
        foreach (var band in waiting)
        {
            await ReadAsync(
                band, 1,
                message =>
                {
                    var since = message.NotBefore > message.EnqueuedAt ? message.NotBefore : message.EnqueuedAt;
                    if (oldest is null || since < oldest) oldest = since;
                },
                cancellationToken);
        }

        return oldest;
    }

    private Task ReadAsync(string band, long max, Action<QueueMessage> see, CancellationToken cancellationToken) => _reader.ReadAsync(
        band, max,
        got =>
        {
            see(MessageProperties.Read(got.BasicProperties, got.Body, idWhereNone: ""));
            return Task.FromResult(false);
        },
        cancellationToken);

    private Task<uint> CountAsync(IChannel channel, string queue, CancellationToken cancellationToken) =>
        RabbitCalls.RunAsync(connection, () => channel.MessageCountAsync(queue, cancellationToken));
}
