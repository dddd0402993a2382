using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Streams;

/// <summary>A queue on Redis Streams. Every change that has more than one step is a script, so that a crash between two
/// commands neither loses nor doubles a message.</summary>
internal sealed class RedisStreamQueue : IJobQueue
{
    private const int PurgePortion = 1000;
    private const int SmallestLimit = 1024 * 1024;

    private readonly IRedisConnection _redis;
    private readonly TimeProvider _time;
    private readonly StreamNames _names;
    private readonly string _group;
    private readonly string _consumer;
    private readonly long? _maxMessageSize;
    private readonly StreamConsumer _source;
    private readonly StreamPutter _putter;
    private readonly StreamDeadLetters _deadLetters;
    private readonly RedisArgument[] _bands;

    public RedisStreamQueue(RedisStreamOptions options, IRedisConnection redis, TimeProvider time)
    {
        _redis = redis;
        _time = time;
        _names = new StreamNames(options.Stream, options.DeadLetter);
        _group = options.Group;
        _consumer = options.Consumer;
        _maxMessageSize = options.MaxMessageSize;
        _bands = [.. _names.Bands.Select(band => (RedisArgument)band)];
        _source = new StreamConsumer(redis, _names, _group, _consumer, options.MaxInterruptions, time);
        _putter = new StreamPutter(redis, _names, options.MaxMessageSize, time);
        _deadLetters = new StreamDeadLetters(redis, _names);
        Name = options.Name;
    }

    public string Name { get; }

    public long? MaxMessageSize => Math.Min(_redis.MaxArgumentLength, _maxMessageSize ?? long.MaxValue);

    public bool IsDurable => true;

    public ITaskStore? Store => null;

    public Task ConnectAsync(CancellationToken cancellationToken) => RedisCalls.RunAsync(async () =>
    {
        await _source.JoinAsync(cancellationToken);
        return true;
    });

    public Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync<IReadOnlyList<QueueLease>>(async () =>
        {
            var leases = new List<QueueLease>();
            while (leases.Count == 0 && !cancellationToken.IsCancellationRequested)
            {
                var entries = await _source.ReceiveAsync(max, lease, cancellationToken);
                if (entries.Count == 0) break;
                foreach (var entry in entries)
                {
                    var message = MessageFields.Read(_names.Stream, entry.Id, entry.Fields);
                    if (!await IsPostponedAsync(entry, message)) leases.Add(new QueueLease(message) { Receipt = entry });
                }
            }

            return leases;
        });

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync<IReadOnlyList<LeaseState>>(async () =>
        {
            if (leases.Count == 0) return [];
            RedisArgument[] arguments =
            [
                _group, _consumer, (long)lease.TotalMilliseconds,
                .. leases.Select(EntryOf).SelectMany(entry => new RedisArgument[] { entry.Stream, entry.Id, entry.Delivery }),
            ];
            var held = await _redis.EvaluateAsync(StreamScripts.Renew, [], arguments, cancellationToken);
            return [.. held.Items.Select(item => item.Integer == 1 ? LeaseState.Held : LeaseState.Lost)];
        });

    public Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        ChangeAsync(StreamScripts.Complete, EntryOf(lease), [], [], cancellationToken);

    public Task<bool> RetryAsync(QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken)
    {
        var entry = EntryOf(lease);
        var fields = MessageFields.Again(entry)
            .Set(MessageFields.Attempt, MessageFields.Text(lease.Message.Attempt + 1))
            .Set(MessageFields.FirstFailedAt, MessageFields.Text(lease.Message.FirstFailedAt ?? _time.GetUtcNow()));
        return DelayAsync(entry, fields, (long)Math.Max(0, delay.TotalMilliseconds), cancellationToken);
    }

    public Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken) =>
        ChangeAsync(StreamScripts.Release, EntryOf(lease), [], [], cancellationToken);

    public Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken)
    {
        var entry = EntryOf(lease);
        var fields = StreamDeadLetters.Write(entry, lease.Message, failure, _time.GetUtcNow());
        return ChangeAsync(StreamScripts.Bury, entry, [_names.DeadLetters], [.. fields.Arguments()], cancellationToken);
    }

    public Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync(async () =>
        {
            // The limit is known once connected, and no server's is smaller than this.
            if (messages.Any(message => message.Body.Length >= SmallestLimit)) await _redis.SendAllAsync([new RedisCommand("PING")], cancellationToken);
            return await _putter.PutAsync(messages, _redis.MaxArgumentLength, cancellationToken);
        });

    public Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken)
    {
        if (MaxMessageSize is { } limit && body.Length > limit) throw new MessageTooLargeException(body.Length, limit);
        return RedisCalls.RunAsync(() => _redis.SendAsync(
            new RedisCommand("XADD", destination, "*", MessageFields.Payload, body, "correlation_id", correlationId), cancellationToken));
    }

    public Task<QueueStatus> InspectAsync(CancellationToken cancellationToken) => RedisCalls.RunAsync(async () =>
    {
        var reply = await _redis.EvaluateAsync(
            StreamOperatorScripts.Inspect, [_names.Delayed, _names.Paused, _names.DeadLetters, .. _bands], [_group], cancellationToken);
        var values = reply.Items;
        var oldest = MessageFields.Number(values[4].Text!.Split('-')[0]);
        var due = values[5].Integer;
        return new QueueStatus(Name)
        {
            Depth = values[0].Integer,
            Scheduled = values[1].Integer,
            Running = values[2].Integer,
            DeadLetters = values[3].Integer,
            OldestAt = oldest is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null,
            NextDueAt = due < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(due),
            IsPaused = values[6].Integer == 1,
        };
    });

    public Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync<IReadOnlyList<QueueMessage>>(async () =>
        {
            var reply = await _redis.EvaluateAsync(StreamOperatorScripts.Peek, [_names.Delayed, .. _bands], [_group, max], cancellationToken);
            return
            [
                .. reply.Items.Select(item =>
                    MessageFields.Read(_names.Stream, item.Items[1].Text!, new StreamFields(item.Items[2].Pairs()))),
            ];
        });

    public Task<long> PurgeAsync(CancellationToken cancellationToken) => RedisCalls.RunAsync(async () =>
    {
        var dropped = 0L;
        while (true)
        {
            var portion = await _redis.EvaluateAsync(
                StreamOperatorScripts.Purge, [_names.Delayed, .. _bands], [_group, PurgePortion], cancellationToken);
            if (portion.Integer == 0) return dropped;
            dropped += portion.Integer;
        }
    });

    public Task PauseAsync(CancellationToken cancellationToken) =>
        RedisCalls.RunAsync(() => _redis.SendAsync(new RedisCommand("SET", _names.Paused, "1"), cancellationToken));

    public Task ResumeAsync(CancellationToken cancellationToken) =>
        RedisCalls.RunAsync(() => _redis.SendAsync(new RedisCommand("DEL", _names.Paused), cancellationToken));

    public Task<DeadLetterPage> ListDeadLettersAsync(int limit, string? after, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync(() => _deadLetters.ListAsync(limit, after, cancellationToken));

    public Task<long> RetryDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync(() => _deadLetters.RetryAsync(ids, cancellationToken));

    public Task<long> PurgeDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync(() => _deadLetters.PurgeAsync(ids, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
        try
        {
            await _redis.EvaluateAsync(StreamOperatorScripts.Leave, _bands, [_group, _consumer], patience.Token);
        }
        catch (Exception exception) when (exception is RedisException or OperationCanceledException or ObjectDisposedException)
        {
            // A consumer that stays in the group harms nobody.
        }

        await _redis.DisposeAsync();
    }

    // Whoever adds entries by hand knows nothing of the sorted set: a time that has not come is kept there.
    private async Task<bool> IsPostponedAsync(StreamEntry entry, QueueMessage message)
    {
        if (message.NotBefore is not { } due || due <= _time.GetUtcNow() || message.Attempt > 1) return false;
        var delay = (long)Math.Ceiling((due - _time.GetUtcNow()).TotalMilliseconds);
        await DelayAsync(entry, MessageFields.Again(entry), delay, CancellationToken.None);
        return true;
    }

    private Task<bool> DelayAsync(StreamEntry entry, StreamFields fields, long delay, CancellationToken cancellationToken) =>
        ChangeAsync(
            StreamScripts.Delay,
            entry,
            [_names.Delayed],
            [delay.ToString(CultureInfo.InvariantCulture), entry.Stream, .. fields.Arguments()],
            cancellationToken);

    private Task<bool> ChangeAsync(
        RedisScript script, StreamEntry entry, RedisArgument[] keys, RedisArgument[] arguments, CancellationToken cancellationToken) =>
        RedisCalls.RunAsync(async () =>
        {
            var changed = await _redis.EvaluateAsync(
                script, [entry.Stream, .. keys], [_group, _consumer, entry.Id, entry.Delivery, .. arguments], cancellationToken);
            return changed.Integer == 1;
        });

    private static StreamEntry EntryOf(QueueLease lease) => (StreamEntry)lease.Receipt!;
}
