using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;
using Microsoft.Extensions.Logging;

namespace JobRunner.Nats.Queues;

/// <summary>
/// A queue in JetStream. The server lends messages and takes them back when a loan is not kept alive; a retry is the
/// same message lent again after a delay, so at no moment are there two of it or none.
/// </summary>
internal sealed partial class JetStreamQueue : IJobQueue
{
    public const int DefaultMaxInterruptions = 10;

    private const string PausedKey = "paused";

    /// <summary>What a message may grow by on its way: the server counts headers, and a dead letter has more of them.</summary>
    private const int HeaderRoom = 8 * 1024;

    private readonly QueueNames _names;
    private readonly INatsClient _client;
    private readonly JetStreamClient _jetStream;
    private readonly TimeProvider _time;
    private readonly ILogger<JetStreamQueue> _logger;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly TimeSpan _lease;
    private volatile QueueTopology? _topology;
    private QueueTopology? _lending;
    private INatsSubscription? _wake;

    public JetStreamQueue(QueueOptions options, INatsClient client, TimeProvider time, ILogger<JetStreamQueue> logger)
    {
        (_client, _time, _logger) = (client, time, logger);
        _names = new QueueNames(options);
        _lease = options.VisibilityTimeout;
        _jetStream = new JetStreamClient(client, time);
        MaxMessageSizeLimit = options.MaxMessageSize;
        Name = _names.Stream;
    }

    public string Name { get; }

    /// <summary>Lost leases after which a message is a dead letter.</summary>
    public int MaxInterruptions { get; init; } = DefaultMaxInterruptions;

    public long? MaxMessageSize => (MaxMessageSizeLimit, _client.Server?.MaxPayload - HeaderRoom) switch
    {
        ({ } limit, { } server) => Math.Min(limit, server),
        var (limit, server) => limit ?? server,
    };

    public bool IsDurable => true;

    public ITaskStore? Store => null;

    private long? MaxMessageSizeLimit { get; }

    public Task ConnectAsync(CancellationToken cancellationToken) => GuardAsync(() => ReadyAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        if (_wake is not null) await _wake.DisposeAsync();
        await _client.DisposeAsync();
        _connecting.Dispose();
    }

    private async Task<QueueTopology> ReadyAsync(CancellationToken cancellationToken)
    {
        if (_topology is { } ready) return ready;
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_topology is { } other) return other;
            await _client.ConnectedAsync(cancellationToken);
            _wake ??= await _client.SubscribeAsync(_names.WakeSubject, limits: new SubscriptionLimits(1, 1 << 16), cancellationToken: cancellationToken);
            var made = await QueueTopology.EnsureAsync(_jetStream, _names, _lease, cancellationToken);
            return _topology = made;
        }
        finally
        {
            _connecting.Release();
        }
    }

    private Task GuardAsync(Func<Task> action) => GuardAsync(async () =>
    {
        await action();
        return true;
    });

    /// <summary>Whatever goes wrong with the server is told in one sentence; what was deleted there is made again by the
    /// next call.</summary>
    private async Task<T> GuardAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (NatsPayloadTooLargeException exception)
        {
            throw new MessageTooLargeException(exception.Size, exception.Limit);
        }
        catch (NatsException exception)
        {
            if (exception is JetStreamException) _topology = null;
            throw new QueueUnavailableException($"The queue {Name} is not available. {exception.Message}", exception);
        }
    }
}
