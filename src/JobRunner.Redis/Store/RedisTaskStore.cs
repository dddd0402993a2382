using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Records in Redis, which any replica reads and writes. Whatever runs under a lease is written with its fencing
/// token, and everything against the revision that was read.</summary>
internal sealed class RedisTaskStore : ITaskStore
{
    private readonly IRedisConnection _redis;
    private readonly StoreCalls _calls;
    private readonly RecordWriter _records;
    private readonly RecordAdditions _additions;
    private readonly RecordLeases _leases;
    private readonly RecordRequests _requests;
    private readonly RecordRetention _retention;
    private readonly RecordList _list;
    private readonly StoreReadings _readings;
    private readonly ChangeFeed _feed;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile bool _isOpen;

    public RedisTaskStore(IRedisConnection redis, string prefix, TimeProvider time)
    {
        _redis = redis;
        _calls = new StoreCalls(redis, prefix, time);
        _records = new RecordWriter(_calls);
        _additions = new RecordAdditions(_calls, _records);
        _leases = new RecordLeases(_calls, _records);
        _requests = new RecordRequests(_calls, _records);
        _retention = new RecordRetention(_calls);
        _list = new RecordList(_calls, _records);
        _readings = new StoreReadings(_calls);
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

    public Task<TaskAddition> AddAsync(NewTask task, int? maxQueued, CancellationToken cancellationToken) => OpenedAsync(
        async () => (await _additions.AddAsync([task], maxQueued, cancellationToken))[0], cancellationToken);

    public Task<IReadOnlyList<TaskAddition>> AddManyAsync(IReadOnlyList<NewTask> tasks, CancellationToken cancellationToken) =>
        OpenedAsync(() => _additions.AddAsync(tasks, maxQueued: null, cancellationToken), cancellationToken);

    public Task<bool> RecordAsync(TaskRecord record, CancellationToken cancellationToken) => OpenedAsync(
        async () => await _records.ChangeAsync(
            record.Id, (known, _) => known is null || IsReplacedBy(known, record) ? record : null, cancellationToken) is not null,
        cancellationToken);

    public Task<TaskRecord?> GetAsync(string id, CancellationToken cancellationToken) =>
        OpenedAsync(() => _records.FindAsync(id, RecordFields.Whole, cancellationToken), cancellationToken);

    public Task<TaskPage> ListAsync(TaskQuery query, CancellationToken cancellationToken) =>
        OpenedAsync(() => _list.ReadAsync(query, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<TaskLease>> ClaimAsync(TaskClaim claim, CancellationToken cancellationToken) =>
        OpenedAsync(() => _leases.ClaimAsync(claim), cancellationToken);

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<TaskLease> leases, TimeSpan duration, CancellationToken cancellationToken) =>
        OpenedAsync(() => _leases.RenewAsync(leases, duration, cancellationToken), cancellationToken);

    public Task<bool> ReportAsync(TaskLease lease, double progress, string? message, CancellationToken cancellationToken) =>
        OpenedAsync(() => _leases.ReportAsync(lease, progress, message, cancellationToken), cancellationToken);

    public Task<bool> AppendAsync(TaskLease lease, IReadOnlyList<NewTaskEvent> events, CancellationToken cancellationToken) =>
        OpenedAsync(() => _leases.AppendAsync(lease, events, cancellationToken), cancellationToken);

    public Task<TaskRecord?> FinishAsync(TaskLease lease, TaskOutcome outcome, CancellationToken cancellationToken) => OpenedAsync(
        () => _leases.EndAsync(lease, (record, now) => TaskTransitions.Finish(record, outcome, now), cancellationToken),
        cancellationToken);

    public Task<TaskRecord?> RetryAsync(
        TaskLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken) => OpenedAsync(
        () => _leases.EndAsync(lease, (record, now) => TaskTransitions.Retry(record, failure, delay, now), cancellationToken),
        cancellationToken);

    public Task<bool> ReleaseAsync(TaskLease lease, CancellationToken cancellationToken) => OpenedAsync(
        async () => await _leases.EndAsync(lease, TaskTransitions.Release, cancellationToken) is not null, cancellationToken);

    public Task<CancelAnswer> CancelAsync(string id, CancellationToken cancellationToken) =>
        OpenedAsync(() => _requests.CancelAsync(id, cancellationToken), cancellationToken);

    public Task<RequeueAnswer> RequeueAsync(string id, CancellationToken cancellationToken) =>
        OpenedAsync(() => _requests.RequeueAsync(id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<TaskRecord>> SweepAsync(int maxInterruptions, CancellationToken cancellationToken) =>
        OpenedAsync(() => _leases.SweepAsync(maxInterruptions, cancellationToken), cancellationToken);

    public Task<int> PurgeAsync(TaskRetention retention, CancellationToken cancellationToken) =>
        OpenedAsync(() => _retention.PurgeAsync(retention, cancellationToken), cancellationToken);

    public Task<int> DeleteAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        OpenedAsync(() => _retention.DeleteAsync(ids, cancellationToken), cancellationToken);

    public Task<QueueStatus> InspectAsync(string queue, CancellationToken cancellationToken) =>
        OpenedAsync(() => _readings.InspectAsync(queue, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<QueueStatus>> InspectAllAsync(CancellationToken cancellationToken) =>
        OpenedAsync(() => _readings.InspectAllAsync(cancellationToken), cancellationToken);

    public Task PauseAsync(string queue, CancellationToken cancellationToken) => OpenedAsync(
        () => _calls.SendAsync(new RedisCommand("SADD", _calls.Key("paused"), queue), cancellationToken), cancellationToken);

    public Task ResumeAsync(string queue, CancellationToken cancellationToken) =>
        OpenedAsync(() => _calls.EvaluateAsync(StoreScripts.Resume, [queue], cancellationToken), cancellationToken);

    public Task<int> CancelQueuedAsync(string queue, CancellationToken cancellationToken) =>
        OpenedAsync(() => _requests.CancelQueuedAsync(queue, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<TaskRecord>> PeekAsync(string queue, int max, CancellationToken cancellationToken) =>
        OpenedAsync(() => _readings.PeekAsync(queue, max, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<TaskEvent>> ReadEventsAsync(
        string id, long after, int max, CancellationToken cancellationToken) =>
        OpenedAsync(() => _readings.ReadEventsAsync(id, after, max, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static bool IsReplacedBy(TaskRecord known, TaskRecord record) =>
        known.FencingToken <= record.FencingToken && (!known.Status.IsFinished() || record.Status.IsFinished());

    private async Task<T> OpenedAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return await call();
    }
}
