using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace JobRunner.Nats.Protocol;

/// <summary>
/// A client that stays: it connects in the background, and after a loss again, to whichever server answers, and takes
/// its subscriptions along.
/// </summary>
internal sealed partial class NatsClient : INatsClient, ILinkEvents
{
    private const long InboxId = 1;

    private readonly NatsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ServerPool _pool;
    private readonly string _inboxPrefix = $"_INBOX.{RandomNumberGenerator.GetHexString(22, lowercase: true)}";
    private readonly ReplyInbox _replies;
    private readonly ConcurrentDictionary<long, IMessageSink> _sinks = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _state = new();
    private readonly Task _running;
    private TaskCompletionSource<NatsLink> _link = NewWait();
    private ServerInfo? _server;
    private string? _lastError;
    private long _lastId = InboxId;
    private int _isDisposed;

    public NatsClient(NatsOptions options, TimeProvider time, ILogger<NatsClient> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _pool = new ServerPool(options);
        _replies = new ReplyInbox($"{_inboxPrefix}.r");
        _sinks[InboxId] = _replies;
        _running = Task.Run(RunAsync);
    }

    public ServerInfo? Server => _server;

    public bool IsConnected => Current is not null;

    public string? LastError => IsConnected ? null : _lastError;

    public CancellationToken ConnectionLost => Current?.Lost ?? new CancellationToken(canceled: true);

    private NatsLink? Current
    {
        get
        {
            lock (_state)
                return _link.Task.IsCompletedSuccessfully ? _link.Task.Result : null;
        }
    }

    public Task ConnectedAsync(CancellationToken cancellationToken) => LinkAsync(cancellationToken).AsTask();

    public async ValueTask PublishAsync(
        string subject,
        ReadOnlyMemory<byte> payload,
        NatsHeaders? headers = null,
        string? replyTo = null,
        CancellationToken cancellationToken = default)
    {
        Subjects.CheckConcrete(subject);
        if (replyTo is not null) Subjects.CheckConcrete(replyTo);
        var head = headers is { Count: > 0 } ? headers.ToBytes() : [];
        var link = await LinkAsync(cancellationToken);
        var size = (long)head.Length + payload.Length;
        if (size > link.Info.MaxPayload) throw new NatsPayloadTooLargeException(size, link.Info.MaxPayload);
        await link.SendAsync(new PublishCommand(subject, replyTo, head, payload), cancellationToken);
    }

    public async Task<NatsMessage> RequestAsync(
        string subject,
        ReadOnlyMemory<byte> payload,
        NatsHeaders? headers = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        const int noResponders = 503;
        using var reply = _replies.Open();
        var wait = timeout ?? _options.OperationTimeout;
        try
        {
            await PublishAsync(subject, payload, headers, reply.Subject, cancellationToken);
            var message = await reply.Task.WaitAsync(wait, _time, cancellationToken);
            return message is { Status: noResponders, Payload.IsEmpty: true }
                ? throw new NatsNoRespondersException(subject)
                : message;
        }
        catch (TimeoutException)
        {
            throw new NatsTimeoutException(subject, wait);
        }
    }

    public async ValueTask<INatsSubscription> SubscribeAsync(
        string subject,
        string? queueGroup = null,
        SubscriptionLimits? limits = null,
        CancellationToken cancellationToken = default)
    {
        Subjects.CheckPattern(subject);
        if (queueGroup is not null) Subjects.CheckWord(queueGroup);
        await LinkAsync(cancellationToken);
        var id = Interlocked.Increment(ref _lastId);
        var subscription = new NatsSubscription(this, id, subject, queueGroup, limits ?? SubscriptionLimits.Default);

        // From here on every new connection subscribes; on one the server takes an id once, however often it is said.
        _sinks[id] = subscription;
        if (Current is { } link) await SendIfConnectedAsync(link, new SubscribeCommand(subject, queueGroup, id), cancellationToken);
        return subscription;
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var link = await LinkAsync(cancellationToken);
        try
        {
            await link.PingAsync(cancellationToken).WaitAsync(_options.OperationTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new NatsTimeoutException("PING", _options.OperationTimeout);
        }
    }

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _sinks.Values.OfType<NatsSubscription>())
            await subscription.DrainAsync(cancellationToken);
        if (IsConnected) await FlushAsync(cancellationToken);
        await DisposeAsync();
    }

    public string NewInbox() => $"{_inboxPrefix}.s{Interlocked.Increment(ref _lastId)}";

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        await _stop.CancelAsync();
        await _running;
        foreach (var subscription in _sinks.Values.OfType<NatsSubscription>())
            subscription.Complete();
        _stop.Dispose();
    }

    bool ILinkEvents.Deliver(long subscriptionId, NatsMessage message)
    {
        if (!_sinks.TryGetValue(subscriptionId, out var sink)) return false;
        sink.Deliver(message);
        return true;
    }

    void ILinkEvents.InfoChanged(ServerInfo info, NatsAddress from)
    {
        _server = info;
        _pool.Learn(info.ConnectUrls, from);
    }

    void ILinkEvents.ServerComplained(string error)
    {
        _lastError = $"The server says: {error}";
        Complained(_logger, error);
    }

    /// <summary>Ends a subscription, and waits until nothing of it is under way any more.</summary>
    internal async Task UnsubscribeAsync(long id, CancellationToken cancellationToken)
    {
        if (Current is { } link && _sinks.ContainsKey(id))
        {
            try
            {
                await link.SendAsync(new UnsubscribeCommand(id), cancellationToken);
                await link.PingAsync(cancellationToken).WaitAsync(_options.OperationTimeout, _time, cancellationToken);
            }
            catch (Exception exception) when (exception is NatsDisconnectedException or TimeoutException)
            {
                // A connection that is gone has nothing under way.
            }
        }

        _sinks.TryRemove(id, out _);
    }

    internal async ValueTask ForgetAsync(long id)
    {
        if (_sinks.TryRemove(id, out _) && Current is { } link)
            await SendIfConnectedAsync(link, new UnsubscribeCommand(id), CancellationToken.None);
    }

    internal void ReaderIsSlow(string subject) => Dropping(_logger, subject);

    private static TaskCompletionSource<NatsLink> NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async ValueTask SendIfConnectedAsync<TCommand>(NatsLink link, TCommand command, CancellationToken cancellationToken)
        where TCommand : struct, ICommand
    {
        try
        {
            await link.SendAsync(command, cancellationToken);
        }
        catch (NatsDisconnectedException)
        {
            // The next connection says it again.
        }
    }

    private async ValueTask<NatsLink> LinkAsync(CancellationToken cancellationToken)
    {
        Task<NatsLink> link;
        lock (_state)
            link = _link.Task;
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) == 1, this);
        if (link.IsCompletedSuccessfully) return await link;
        try
        {
            return await link.WaitAsync(_options.OperationTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            var servers = string.Join(", ", _options.Servers);
            throw new NatsUnavailableException($"No connection to {servers}: {_lastError ?? "no answer yet."}");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "NATS: {Error}")]
    private static partial void Complained(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "NATS: the reader of {Subject} is too slow; messages are dropped")]
    private static partial void Dropping(ILogger logger, string subject);
}
