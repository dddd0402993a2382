using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Records in Redis, which any replica reads and writes. Whatever runs under a lease is written with its fencing
/// token, and everything against the revision that was read.</summary>
internal sealed class RedisTaskStore : ITaskStore
{
    private const int Portion = 500;

    private readonly IRedisConnection _redis;
    private readonly StoreCalls _calls;
    private readonly RecordWriter _records;
    private readonly RecordAdditions _additions;
    private readonly RecordList _list;
    private readonly ChangeFeed _feed;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly string _owner = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";
    private volatile bool _isOpen;

    public RedisTaskStore(IRedisConnection redis, string prefix, TimeProvider time)
    {
        _redis = redis;
        _calls = new StoreCalls(redis, prefix, time);
        _records = new RecordWriter(_calls);
        _additions = new RecordAdditions(_calls, _records);
        _list = new RecordList(_calls, _records);
        _feed = new ChangeFeed(redis, _calls.Key("changes"), Changes, time);
    }

    public bool IsShared => true;

    public TaskChanges Changes { get; } = new();

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_isOpen) return;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_isOpen) return;
            await _feed.StartAsync(cancellationToken);
            _isOpen = true;
        }
        catch (RedisException exception)
        {
            throw new TaskStoreException($"The task store cannot be used: {exception.Message}", exception);
        }
        finally
        {
            _opening.Release();
        }
    }

    public async Task<TaskAddition> AddAsync(NewTask task, int? maxQueued, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return (await _additions.AddAsync([task], maxQueued, cancellationToken))[0];
    }

    public async Task<IReadOnlyList<TaskAddition>> AddManyAsync(IReadOnlyList<NewTask> tasks, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return await _additions.AddAsync(tasks, maxQueued: null, cancellationToken);
    }

    public async Task<bool> RecordAsync(TaskRecord record, CancellationToken cancellationToken)
    {
        var written = await ChangeAsync(
            record.Id,
            (known, _) => known is null
                || (known.FencingToken <= record.FencingToken && (!known.Status.IsFinished() || record.Status.IsFinished()))
                    ? record
                    : null,
            cancellationToken);
        return written is not null;
    }

    public async Task<TaskRecord?> GetAsync(string id, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return await _records.FindAsync(id, RecordFields.Whole, cancellationToken);
    }

    public async Task<TaskPage> ListAsync(TaskQuery query, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return await _list.ReadAsync(query, cancellationToken);
    }

    public async Task<IReadOnlyList<TaskLease>> ClaimAsync(TaskClaim claim, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var now = _calls.Now;

        // A claim that is under way is waited for: what it took would otherwise lie until its lease ends.
        var claimed = await _calls.EvaluateAsync(
            StoreScripts.Claim,
            now,
            [claim.Queue, claim.Max, _owner, StoreCalls.Milliseconds(now + claim.Duration), .. Names(RecordFields.Whole)],
            CancellationToken.None);
        return
        [
            .. claimed.Items.Select(values => RecordFields.Read(RecordFields.Whole, values.Items)!)
                .Select(record => new TaskLease(record, record.FencingToken)),
        ];
    }

    public async Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<TaskLease> leases, TimeSpan duration, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var now = _calls.Now;
        var answers = await _calls.EvaluateAsync(
            StoreScripts.Renew,
            now,
            [
                StoreCalls.Milliseconds(now + duration),
                .. leases.SelectMany(lease => new RedisArgument[] { lease.TaskId, lease.FencingToken }),
            ],
            cancellationToken);
        return
        [
            .. answers.Items.Select(answer => answer.Integer switch
            {
                1 => LeaseState.Held,
                2 => LeaseState.Cancelling,
                _ => LeaseState.Lost,
            }),
        ];
    }

    public Task<bool> ReportAsync(TaskLease lease, double progress, string? message, CancellationToken cancellationToken)
    {
        List<RedisArgument> set = ["progress", progress.ToString("R", CultureInfo.InvariantCulture)];
        List<RedisArgument> removed = [];
        if (message is null) removed.Add("progress_message");
        else set.AddRange(["progress_message", message]);
        return ReportAsync(lease, set, removed, [TaskTransitions.ProgressEvent(progress, message)], cancellationToken);
    }

    public Task<bool> AppendAsync(TaskLease lease, IReadOnlyList<NewTaskEvent> events, CancellationToken cancellationToken) =>
        ReportAsync(lease, [], [], events, cancellationToken);

    public Task<TaskRecord?> FinishAsync(TaskLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        EndAsync(lease, (record, now) => TaskTransitions.Finish(record, outcome, now), cancellationToken);

    public Task<TaskRecord?> RetryAsync(
        TaskLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken) =>
        EndAsync(lease, (record, now) => TaskTransitions.Retry(record, failure, delay, now), cancellationToken);

    public async Task<bool> ReleaseAsync(TaskLease lease, CancellationToken cancellationToken) =>
        await EndAsync(lease, TaskTransitions.Release, cancellationToken) is not null;

    public async Task<CancelAnswer> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var answer = CancelAnswer.Unknown;
        await ChangeAsync(
            id,
            (record, now) =>
            {
                var next = record is null ? null : TaskTransitions.Cancel(record, now);
                answer = (record, next) switch
                {
                    (null, _) => CancelAnswer.Unknown,
                    (_, null) => CancelAnswer.Finished,
                    _ => next.Status == TaskState.Cancelled ? CancelAnswer.Cancelled : CancelAnswer.Cancelling,
                };
                return next;
            },
            cancellationToken);
        return answer;
    }

    public async Task<RequeueAnswer> RequeueAsync(string id, CancellationToken cancellationToken)
    {
        var answer = RequeueAnswer.Unknown;
        await ChangeAsync(
            id,
            (record, _) =>
            {
                var next = record is null ? null : TaskTransitions.Requeue(record);
                answer = record is null ? RequeueAnswer.Unknown : next is null ? RequeueAnswer.NotFailed : RequeueAnswer.Queued;
                return next;
            },
            cancellationToken);
        return answer;
    }

    public async Task<IReadOnlyList<TaskRecord>> SweepAsync(int maxInterruptions, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var ids = await IdsAsync("leases", _calls.Now, int.MaxValue, cancellationToken);
        var swept = new List<TaskRecord>();
        foreach (var id in ids)
        {
            var found = await _records.ChangeAsync(
                id,
                (record, now) => record is { LeaseExpiresAt: { } end } && record.Status.IsLeased() && end <= now
                    ? TaskTransitions.Interrupt(record, maxInterruptions, now)
                    : null,
                cancellationToken);
            if (found is not null) swept.Add(found);
        }

        return swept;
    }

    public async Task<int> PurgeAsync(TaskRetention retention, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var now = _calls.Now;
        var count = await PurgeAsync("ended:completed", now - retention.Completed, int.MaxValue, cancellationToken);
        count += await PurgeAsync("ended:failed", now - retention.Failed, int.MaxValue, cancellationToken);
        foreach (var set in (string[])["ended:completed", "ended:failed"])
        {
            var sizes = await _calls.SendAllAsync(
                [new RedisCommand("ZCARD", _calls.Key("ended:completed")), new RedisCommand("ZCARD", _calls.Key("ended:failed"))],
                cancellationToken);
            var excess = sizes.Sum(size => size.Integer) - retention.MaxRecords;
            if (excess > 0)
                count += await PurgeAsync(set, DateTimeOffset.MaxValue, (int)Math.Min(excess, int.MaxValue), cancellationToken);
        }

        return count;
    }

    public async Task<int> DeleteAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var count = 0;
        foreach (var portion in ids.Chunk(Portion))
        {
            var deleted = await _calls.EvaluateAsync(
                StoreScripts.Delete, portion.Select(id => (RedisArgument)id), cancellationToken);
            count += (int)deleted.Integer;
        }

        return count;
    }

    public async Task<QueueStatus> InspectAsync(string queue, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var reply = await _calls.EvaluateAsync(StoreScripts.Inspect, [queue], cancellationToken);
        return StoreReadings.Status(queue, reply.Items);
    }

    public async Task<IReadOnlyList<QueueStatus>> InspectAllAsync(CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var queues = await _calls.SendAsync(new RedisCommand("SMEMBERS", _calls.Key("queues")), cancellationToken);
        return await Task.WhenAll(
            queues.Items.Select(name => name.Text!).Order(StringComparer.Ordinal).Select(queue => InspectAsync(queue, cancellationToken)));
    }

    public async Task PauseAsync(string queue, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        await _calls.SendAsync(new RedisCommand("SADD", _calls.Key("paused"), queue), cancellationToken);
    }

    public async Task ResumeAsync(string queue, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        await _calls.EvaluateAsync(StoreScripts.Resume, [queue], cancellationToken);
    }

    public async Task<int> CancelQueuedAsync(string queue, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var waiting = await _calls.SendAsync(
            new RedisCommand("ZRANGE", _calls.Key($"queue:{queue}:{TaskState.Queued.Name()}"), 0L, -1L), cancellationToken);
        var count = 0;
        foreach (var id in waiting.Items)
        {
            var cancelled = await _records.ChangeAsync(
                id.Text!,
                (record, now) => record is { Status: TaskState.Queued } ? TaskTransitions.Cancel(record, now) : null,
                cancellationToken);
            if (cancelled is not null) count++;
        }

        return count;
    }

    public async Task<IReadOnlyList<TaskRecord>> PeekAsync(string queue, int max, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var seen = await _calls.EvaluateAsync(
            StoreScripts.Peek, [queue, max, .. Names(RecordFields.Whole)], cancellationToken);
        return [.. seen.Items.Select(values => RecordFields.Read(RecordFields.Whole, values.Items)).OfType<TaskRecord>()];
    }

    public async Task<IReadOnlyList<TaskEvent>> ReadEventsAsync(
        string id, long after, int max, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var events = await _calls.SendAsync(
            new RedisCommand("XRANGE", _calls.Key($"events:{id}"), $"({after}-0", "+", "COUNT", max), cancellationToken);
        return [.. events.Items.Select(StoreReadings.Event)];
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private async Task<bool> ReportAsync(
        TaskLease lease,
        List<RedisArgument> set,
        List<RedisArgument> removed,
        IReadOnlyList<NewTaskEvent> events,
        CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var reported = await _calls.EvaluateAsync(
            StoreScripts.Report,
            [
                lease.TaskId, lease.FencingToken, .. StoreCalls.Counted(set), .. StoreCalls.Counted(removed),
                .. events.SelectMany(added => new RedisArgument[] { added.Kind, added.Data }),
            ],
            cancellationToken);
        return reported.Integer == 1;
    }

    private async Task<TaskRecord?> EndAsync(
        TaskLease lease, Func<TaskRecord, DateTimeOffset, TaskRecord> end, CancellationToken cancellationToken)
    {
        var ended = await ChangeAsync(
            lease.TaskId,
            (record, now) => record is not null && record.Status.IsLeased() && record.FencingToken == lease.FencingToken
                ? end(record, now)
                : null,
            cancellationToken);
        return ended is null ? null : ended with { Payload = lease.Record.Payload };
    }

    private async Task<TaskRecord?> ChangeAsync(
        string id, Func<TaskRecord?, DateTimeOffset, TaskRecord?> change, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return await _records.ChangeAsync(id, change, cancellationToken);
    }

    private async Task<int> PurgeAsync(string set, DateTimeOffset until, int most, CancellationToken cancellationToken)
    {
        var count = 0;
        while (count < most)
        {
            var ids = await IdsAsync(set, until, Math.Min(Portion, most - count), cancellationToken);
            var deleted = await DeleteAsync(ids, cancellationToken);
            if (deleted == 0) break;
            count += deleted;
        }

        return count;
    }

    private async Task<List<string>> IdsAsync(string set, DateTimeOffset until, int most, CancellationToken cancellationToken)
    {
        var ids = await _calls.SendAsync(
            new RedisCommand("ZRANGEBYSCORE", _calls.Key(set), "-inf", StoreCalls.Milliseconds(until), "LIMIT", 0L, most), cancellationToken);
        return [.. ids.Items.Select(id => id.Text!)];
    }

    private static IEnumerable<RedisArgument> Names(IReadOnlyList<string> names) =>
        StoreCalls.Counted([.. names.Select(name => (RedisArgument)name)]);
}
