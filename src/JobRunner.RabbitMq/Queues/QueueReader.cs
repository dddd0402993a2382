using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Goes through the messages of a queue from its head. What it does not settle goes back to its place; while it
/// reads, nobody else sees what it has read, and the broker counts one delivery of each.</summary>
internal sealed class QueueReader(RabbitConnection connection) : IAsyncDisposable
{
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
        var left = Math.Min(max, await channel.MessageCountAsync(queue, CancellationToken.None));
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
            }
        }
        finally
        {
            if (channel.IsOpen && keepers.Count > 0)
            {
                await channel.BasicNackAsync(keepers[^1], multiple: true, requeue: true, CancellationToken.None);

                // The answer comes after they are back.
                await channel.MessageCountAsync(queue, CancellationToken.None);
            }
        }
    }
}
