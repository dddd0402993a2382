using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Creates what is missing and takes what is there as it is. A refused declaration closes its channel, so each goes
/// on with a new one.</summary>
internal sealed class Declarer(IConnection link, ILogger logger) : IAsyncDisposable
{
    private const string QueueType = "x-queue-type";

    // Without a limit the broker puts what comes back to the end of the queue, not to its place; since version 4 there
    // is one by default, past which messages are dropped. This one is never reached.
    private const long DeliveryLimit = 1_000_000_000;

    private IChannel? _channel;

    /// <summary>Creates a queue, by default a quorum queue, unless there is a queue of that name.</summary>
    public async Task QueueAsync(string name, IReadOnlyDictionary<string, object?>? arguments, CancellationToken cancellationToken)
    {
        try
        {
            var channel = await OpenAsync(cancellationToken);
            await channel.QueueDeclareAsync(
                name, durable: true, exclusive: false, autoDelete: false, ArgumentsOf(arguments), cancellationToken: cancellationToken);
        }
        catch (OperationInterruptedException refused) when (IsTakenAsItIs(refused))
        {
            // Where there is none, the refusal is what the operator must know.
            if (!await IsQueueAsync(name, cancellationToken)) throw;
            RabbitLog.UsedAsItIs(logger, name);
        }
    }

    /// <summary>Creates a topic exchange unless there is an exchange of that name.</summary>
    public async Task TopicAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var channel = await OpenAsync(cancellationToken);
            await channel.ExchangeDeclareAsync(name, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken);
        }
        catch (OperationInterruptedException refused) when (IsTakenAsItIs(refused))
        {
            if (!await IsExchangeAsync(name, cancellationToken)) throw;
        }
    }

    public async Task BindQueueAsync(string queue, string exchange, string pattern, CancellationToken cancellationToken)
    {
        var channel = await OpenAsync(cancellationToken);
        await channel.QueueBindAsync(queue, exchange, pattern, cancellationToken: cancellationToken);
    }

    public async Task BindExchangeAsync(string destination, string source, string pattern, CancellationToken cancellationToken)
    {
        var channel = await OpenAsync(cancellationToken);
        await channel.ExchangeBindAsync(destination, source, pattern, cancellationToken: cancellationToken);
    }

    public Task<bool> IsExchangeAsync(string name, CancellationToken cancellationToken) =>
        IsThereAsync(channel => channel.ExchangeDeclarePassiveAsync(name, cancellationToken), cancellationToken);

    public Task<bool> IsQueueAsync(string name, CancellationToken cancellationToken) =>
        IsThereAsync(channel => channel.QueueDeclarePassiveAsync(name, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null) await _channel.DisposeAsync();
    }

    private async Task<bool> IsThereAsync(Func<IChannel, Task> look, CancellationToken cancellationToken)
    {
        try
        {
            await look(await OpenAsync(cancellationToken));
            return true;
        }
        catch (OperationInterruptedException missing) when (RabbitErrors.ReasonOf(missing) == Constants.NotFound)
        {
            return false;
        }
    }

    // Whoever may not create may still use; and whatever has other arguments is somebody's choice.
    private static bool IsTakenAsItIs(OperationInterruptedException refused) =>
        RabbitErrors.ReasonOf(refused) is Constants.PreconditionFailed or Constants.AccessRefused;

    private static Dictionary<string, object?> ArgumentsOf(IReadOnlyDictionary<string, object?>? own)
    {
        if (own?.ContainsKey(QueueType) == true) return new Dictionary<string, object?>(own, StringComparer.Ordinal);
        return new Dictionary<string, object?>(own ?? new Dictionary<string, object?>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [QueueType] = "quorum",
            ["x-delivery-limit"] = DeliveryLimit,
        };
    }

    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true } open) return open;
        if (_channel is not null) await _channel.DisposeAsync();
        return _channel = await link.CreateChannelAsync(cancellationToken: cancellationToken);
    }
}
