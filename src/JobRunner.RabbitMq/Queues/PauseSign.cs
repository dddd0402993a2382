using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Whether the queue is paused, for all workers: the broker knows no such thing, so a queue of its own holds a
/// message while it is.</summary>
internal sealed class PauseSign(RabbitConnection connection, QueueNames names, Publisher publisher)
{
    public async Task<bool> IsSetAsync(IChannel channel) =>
        await channel.MessageCountAsync(names.Paused, CancellationToken.None) > 0;

    public Task SetAsync(CancellationToken cancellationToken) =>
        publisher.PublishAsync("", names.Paused, new BasicProperties { Persistent = true }, default, cancellationToken);

    public async Task ClearAsync(RabbitChannel commands, CancellationToken cancellationToken)
    {
        var channel = await commands.OpenAsync(cancellationToken);
        await RabbitCalls.RunAsync(connection, () => channel.QueuePurgeAsync(names.Paused, cancellationToken));
    }
}
