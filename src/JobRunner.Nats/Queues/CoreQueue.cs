using System.Globalization;
using JobRunner.Nats.Protocol;
using Microsoft.Extensions.Logging;

namespace JobRunner.Nats.Queues;

/// <summary>
/// Plain subscriptions in a queue group: the server hands each message to one worker and forgets it. What a worker has
/// taken and not finished when it ends is gone.
/// </summary>
internal sealed partial class CoreQueue : IJobQueue
{
    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(500);
    private static readonly SubscriptionLimits Limits = new(10_000, 64L << 20);

    private readonly QueueOptions _options;
    private readonly INatsClient _client;
    private readonly TimeProvider _time;
    private readonly ILogger<CoreQueue> _logger;
    private readonly string _group;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly WaitingMessages _waiting;
    private INatsSubscription? _subscription;
    private volatile bool _isPaused;
    private long _received;
    private int _running;

    public CoreQueue(QueueOptions options, INatsClient client, TimeProvider time, ILogger<CoreQueue> logger)
    {
        (_options, _client, _time, _logger) = (options, client, time, logger);
        _waiting = new WaitingMessages(time);
        _group = options.Url.Parameter("group") ?? options.Url.Parameter("durable") ?? "jobrunner";
        Name = options.Url.Parameter("subject") ?? "jobs";
        try
        {
            Subjects.CheckPattern(Name);
            Subjects.CheckWord(_group);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"The queue {options.Url} has a name that NATS does not take: {exception.Message}", exception);
        }
    }

    public string Name { get; }

    public long? MaxMessageSize => _client.Server?.MaxPayload;

    public bool IsDurable => false;

    public ITaskStore? Store => null;

    public Task ConnectAsync(CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_subscription is not null) return;
            _subscription = await _client.SubscribeAsync(Name, _group, Limits, cancellationToken);
            await _client.FlushAsync(cancellationToken);
            AtMostOnce(_logger, Name);
        }
        finally
        {
            _connecting.Release();
        }
    });

    public async Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken);
        var taken = new List<QueueLease>();
        if (!_isPaused) Take(max, taken);
        if (taken.Count > 0) return taken;

        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        idle.CancelAfter(IdleWait);
        try
        {
            if (_isPaused) await Task.Delay(IdleWait, _time, idle.Token);
            else await _subscription!.Messages.WaitToReadAsync(idle.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came in this while.
        }

        if (!_isPaused) Take(max, taken);
        return taken;
    }

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LeaseState>>([.. leases.Select(_ => LeaseState.Held)]);

    public Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken)
    {
        Interlocked.Decrement(ref _running);
        return Task.FromResult(true);
    }

    public Task<bool> RetryAsync(QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken)
    {
        Interlocked.Decrement(ref _running);
        var now = _time.GetUtcNow();
        _waiting.Add(lease.Message with { Attempt = lease.Message.Attempt + 1, FirstFailedAt = lease.Message.FirstFailedAt ?? now }, now + delay);
        return Task.FromResult(true);
    }

    /// <summary>Another member of the group may take it; where there is none, it comes back here.</summary>
    public async Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken)
    {
        Interlocked.Decrement(ref _running);
        await GuardAsync(() => PublishAsync(lease.Message, cancellationToken));
    }

    /// <summary>There is nowhere to keep it: the subject of dead letters gets it, whoever may listen.</summary>
    public async Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken)
    {
        Interlocked.Decrement(ref _running);
        var now = _time.GetUtcNow();
        var letter = new DeadLetter(lease.Message, failure.Error, failure.ErrorType, lease.Message.Attempt)
        {
            FirstFailedAt = lease.Message.FirstFailedAt ?? now,
            LastFailedAt = now,
        };
        await GuardAsync(() => _client.PublishAsync(
            _options.DeadLetter ?? $"{Name}.dead", letter.Message.Body, MessageHeaders.Write(letter), cancellationToken: cancellationToken).AsTask());
        return true;
    }

    public async Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken)
    {
        await GuardAsync(() => _client.ConnectedAsync(cancellationToken));
        foreach (var message in messages)
        {
            var size = (long)MessageHeaders.Write(message).ToBytes().Length + message.Body.Length;
            if (MaxMessageSize is { } limit && size > limit) throw new MessageTooLargeException(size, limit);
        }

        await GuardAsync(async () =>
        {
            foreach (var message in messages)
                await PublishAsync(message, cancellationToken);
            await _client.FlushAsync(cancellationToken);
        });
        return [.. messages.Select(message => message.Id)];
    }

    public Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var headers = new NatsHeaders { { "id", Uri.EscapeDataString(correlationId) } };
            await _client.PublishAsync(destination, body, headers, cancellationToken: cancellationToken);
            await _client.FlushAsync(cancellationToken);
        });

    public Task<QueueStatus> InspectAsync(CancellationToken cancellationToken)
    {
        var (due, later, next) = _waiting.Count();
        return Task.FromResult(new QueueStatus(Name)
        {
            Depth = (_subscription?.Messages.Count ?? 0) + due,
            Scheduled = later,
            Running = Volatile.Read(ref _running),
            NextDueAt = next,
            IsPaused = _isPaused,
        });
    }

    public Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken) =>
        Task.FromResult(_waiting.Peek(max));

    public Task<long> PurgeAsync(CancellationToken cancellationToken)
    {
        var dropped = _waiting.Clear();
        while (_subscription?.Messages.TryRead(out _) == true)
            dropped++;
        return Task.FromResult(dropped);
    }

    /// <summary>This worker alone: the server has no state that the others would see.</summary>
    public Task PauseAsync(CancellationToken cancellationToken)
    {
        _isPaused = true;
        return Task.CompletedTask;
    }

    public Task ResumeAsync(CancellationToken cancellationToken)
    {
        _isPaused = false;
        return Task.CompletedTask;
    }

    public Task<DeadLetterPage> ListDeadLettersAsync(int limit, string? after, CancellationToken cancellationToken) =>
        Task.FromResult(new DeadLetterPage([], null));

    public Task<long> RetryDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) => Task.FromResult(0L);

    public Task<long> PurgeDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) => Task.FromResult(0L);

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null) await _subscription.DisposeAsync();
        await _client.DisposeAsync();
        _connecting.Dispose();
    }

    private void Take(int max, List<QueueLease> taken)
    {
        while (_subscription!.Messages.TryRead(out var message))
        {
            var read = Read(message);
            _waiting.Add(read, read.NotBefore ?? DateTimeOffset.MinValue);
            if (_waiting.Count().Due >= max) break;
        }

        foreach (var message in _waiting.TakeDue(max))
            taken.Add(new QueueLease(message));
        Interlocked.Add(ref _running, taken.Count);
    }

    private QueueMessage Read(NatsMessage message)
    {
        var fallbackId = string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid():N}-{Interlocked.Increment(ref _received)}");
        var read = MessageHeaders.Read(message.Headers, message.Payload, fallbackId, _time.GetUtcNow());
        return read.ReplyTo is null ? read with { ReplyTo = message.ReplyTo } : read;
    }

    private Task PublishAsync(QueueMessage message, CancellationToken cancellationToken) =>
        _client.PublishAsync(Name, message.Body, MessageHeaders.Write(message), cancellationToken: cancellationToken).AsTask();

    private async Task GuardAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (NatsPayloadTooLargeException exception)
        {
            throw new MessageTooLargeException(exception.Size, exception.Limit);
        }
        catch (NatsException exception)
        {
            throw new QueueUnavailableException($"The queue {Name} is not available. {exception.Message}", exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The queue {Queue} delivers at most once: what a worker has taken is lost when it is killed")]
    private static partial void AtMostOnce(ILogger logger, string queue);
}
