using System.Text;
using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Creates what is missing and takes what is there as it is. A refused declaration closes its channel, so each goes
/// on with a new one.</summary>
internal sealed class Declarer(IConnection link, ILogger logger) : IAsyncDisposable
{
    /// <summary>The first version whose quorum queues drop what was returned 20 times, unless told not to.</summary>
    private const int FirstVersionWithDeliveryLimit = 4;

    private readonly Dictionary<string, object?> _quorum = QuorumOf(link);
    private IChannel? _channel;

    /// <summary>Creates a queue, by default a quorum queue, unless there is a queue of that name.</summary>
    public async Task QueueAsync(string name, IReadOnlyDictionary<string, object?>? arguments, CancellationToken cancellationToken)
    {
        var isOfAnotherType = arguments?.ContainsKey("x-queue-type") == true;
        var all = new Dictionary<string, object?>(isOfAnotherType ? [] : _quorum, StringComparer.Ordinal);
        foreach (var (key, value) in arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal)) all[key] = value;
        try
        {
            var channel = await OpenAsync(cancellationToken);
            await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, all, cancellationToken: cancellationToken);
        }
        catch (OperationInterruptedException refused) when (IsTakenAsItIs(refused))
        {
            var channel = await OpenAsync(cancellationToken);
            await channel.QueueDeclarePassiveAsync(name, cancellationToken);
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
            var channel = await OpenAsync(cancellationToken);
            await channel.ExchangeDeclarePassiveAsync(name, cancellationToken);
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

    private static Dictionary<string, object?> QuorumOf(IConnection link)
    {
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" };
        var version = link.ServerProperties?.TryGetValue("version", out var value) == true && value is byte[] bytes
            ? Encoding.ASCII.GetString(bytes)
            : "";
        if (int.TryParse(version.Split('.')[0], out var major) && major >= FirstVersionWithDeliveryLimit)
            arguments["x-delivery-limit"] = -1;
        return arguments;
    }

    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true } open) return open;
        if (_channel is not null) await _channel.DisposeAsync();
        return _channel = await link.CreateChannelAsync(cancellationToken: cancellationToken);
    }
}
