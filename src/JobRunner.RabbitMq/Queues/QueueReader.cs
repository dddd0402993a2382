using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Goes through the messages of a queue from its head. What it does not settle goes back to its place; while it
/// reads, nobody else sees what it has read, and the broker counts one delivery of each.</summary>
internal sealed class QueueReader(RabbitConnection connection) : IAsyncDisposable
{
    private const int LooksUntilBack = 20;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly RabbitChannel _channel = new(
        connection, new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false));

    /// <param name="queue">Name of the queue.</param>
    /// <param name="max">Most messages.</param>
    /// <param name="visit">Called for each; true: the message is to be dropped.</param>
    /// <param name="cancellationToken">Ends the reading between two messages.</param>
    public async Task ReadAsync(string queue, long max, Func<BasicGetResult, Task<bool>> visit, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var channel = await _channel.OpenAsync(cancellationToken);
            await RabbitCalls.RunAsync(connection, () => ReadAsync(channel, queue, max, visit, cancellationToken));
        }
        finally
        {
            _gate.Release();
        }
    }

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    private static async Task ReadAsync(
        IChannel channel, string queue, long max, Func<BasicGetResult, Task<bool>> visit, CancellationToken cancellationToken)
    {
        // What comes in meanwhile, and what goes back, is not read.
        long ready = await channel.MessageCountAsync(queue, CancellationToken.None);
        var left = Math.Min(max, ready);
        var keepers = new List<ulong>();
        try
        {
            for (; left > 0; left--)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await channel.BasicGetAsync(queue, autoAck: false, CancellationToken.None) is not { } got) break;
                keepers.Add(got.DeliveryTag);
                if (!await visit(got)) continue;
                await channel.BasicAckAsync(got.DeliveryTag, multiple: false, CancellationToken.None);
                keepers.RemoveAt(keepers.Count - 1);
                ready--;
            }
        }
        finally
        {
            if (channel.IsOpen && keepers.Count > 0)
            {
                await channel.BasicNackAsync(keepers[^1], multiple: true, requeue: true, CancellationToken.None);
                await WhenBackAsync(channel, queue, ready);
            }
        }
    }

    // Messages go back without a confirmation. Who looks again at once is to see them in their old order; where workers
    // take them meanwhile, there is nothing to wait for.
    private static async Task WhenBackAsync(IChannel channel, string queue, long count)
    {
        for (var look = 0; look < LooksUntilBack; look++)
        {
            if (await channel.MessageCountAsync(queue, CancellationToken.None) >= count) return;
            await Task.Delay(BetweenLooks, CancellationToken.None);
        }
    }
}
