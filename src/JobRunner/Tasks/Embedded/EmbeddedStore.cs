using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>Records in one SQLite file, which several processes of one machine may share, or in memory.</summary>
internal sealed class EmbeddedStore : ITaskStore
{
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly WriteLoop _writes;
    private readonly ForeignChanges? _foreign;
    private readonly Lock _lock = new();
    private bool _isFollowing;
    private volatile bool _isOpen;

    public EmbeddedStore(Database database, TimeProvider time)
    {
        _database = database;
        _time = time;
        _writes = new WriteLoop(database, Changes, time);
        _foreign = database.Path is null ? null : new ForeignChanges(database, _writes, Changes, time);
    }

    public bool IsShared => false;

    public TaskChanges Changes { get; } = new();

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_isOpen)
            return;
        var revision = await _writes.RunAsync(static step => step.Revision, cancellationToken);
        lock (_lock)
        {
            if (!_isFollowing)
                _foreign?.Start(revision);
            _isFollowing = true;
        }

        _isOpen = true;
    }

    public Task<TaskAddition> AddAsync(NewTask task, int? maxQueued, CancellationToken cancellationToken) =>
        WriteAsync(step => Additions.Add(step, task, maxQueued), cancellationToken);

    public Task<IReadOnlyList<TaskAddition>> AddManyAsync(IReadOnlyList<NewTask> tasks, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<TaskAddition>>(
            step => [.. tasks.Select(task => Additions.Add(step, task, maxQueued: null))], cancellationToken);

    public Task<bool> RecordAsync(TaskRecord record, CancellationToken cancellationToken) => WriteAsync(
        step =>
        {
            var known = step.Find(record.Id);
            if (known is null)
                step.Insert(record);
            else if (known.FencingToken > record.FencingToken || (known.Status.IsFinished() && !record.Status.IsFinished()))
                return false;
            else
                step.Replace(known, record);
            return true;
        },
        cancellationToken);

    public Task<TaskRecord?> GetAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(connection => Readings.Get(connection, id), cancellationToken);

    public Task<TaskPage> ListAsync(TaskQuery query, CancellationToken cancellationToken) =>
        ReadAsync(connection => Readings.List(connection, query), cancellationToken);

    public async Task<IReadOnlyList<TaskLease>> ClaimAsync(TaskClaim claim, CancellationToken cancellationToken)
    {
        // Looking costs no write; an idle worker's disk stays quiet.
        var hasWork = await ReadAsync(
            connection => connection.Scalar<long>(
                "SELECT 1 FROM tasks WHERE queue = $queue AND status = 0 AND due <= $now LIMIT 1",
                ("$queue", claim.Queue),
                ("$now", TaskRows.Milliseconds(_time.GetUtcNow()))) == 1,
            cancellationToken);

        // A claim that is under way is waited for: what it took would otherwise lie until its lease ends.
        return hasWork ? await WriteAsync(step => Leasing.Claim(step, claim), CancellationToken.None) : [];
    }

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<TaskLease> leases, TimeSpan duration, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<LeaseState>>(
            step => [.. leases.Select(lease => Leasing.Renew(step, lease, duration))], cancellationToken);

    public Task<bool> ReportAsync(TaskLease lease, double progress, string? message, CancellationToken cancellationToken) =>
        WriteAsync(
            step =>
            {
                if (step.Find(lease) is not { } record)
                    return false;
                step.Connection.Execute(
                    "UPDATE tasks SET progress = $progress, progress_message = $message WHERE id = $id",
                    ("$progress", progress),
                    ("$message", message),
                    ("$id", record.Id));
                step.Append(record, TaskTransitions.ProgressEvent(progress, message));
                step.Touch(record);
                return true;
            },
            cancellationToken);

    public Task<bool> AppendAsync(TaskLease lease, IReadOnlyList<NewTaskEvent> events, CancellationToken cancellationToken) =>
        WriteAsync(
            step =>
            {
                if (step.Find(lease) is not { } record)
                    return false;
                foreach (var added in events)
                    step.Append(record, added);
                step.Touch(record);
                return true;
            },
            cancellationToken);

    public Task<TaskRecord?> FinishAsync(TaskLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        EndAsync(lease, (record, now) => TaskTransitions.Finish(record, outcome, now), cancellationToken);

    public Task<TaskRecord?> RetryAsync(
        TaskLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken) =>
        EndAsync(lease, (record, now) => TaskTransitions.Retry(record, failure, delay, now), cancellationToken);

    public async Task<bool> ReleaseAsync(TaskLease lease, CancellationToken cancellationToken) =>
        await EndAsync(lease, TaskTransitions.Release, cancellationToken) is not null;

    public Task<CancelAnswer> CancelAsync(string id, CancellationToken cancellationToken) =>
        WriteAsync(step => Requests.Cancel(step, id), cancellationToken);

    public Task<RequeueAnswer> RequeueAsync(string id, CancellationToken cancellationToken) =>
        WriteAsync(step => Requests.Requeue(step, id), cancellationToken);

    public async Task<IReadOnlyList<TaskRecord>> SweepAsync(int maxInterruptions, CancellationToken cancellationToken)
    {
        var isRunning = await ReadAsync(
            connection => connection.Scalar<long>("SELECT 1 FROM tasks WHERE status IN (1, 2) LIMIT 1") == 1, cancellationToken);
        return isRunning
            ? await WriteAsync(step => Leasing.Sweep(step, maxInterruptions, _writes.IsGone), cancellationToken)
            : [];
    }

    public async Task<int> PurgeAsync(TaskRetention retention, CancellationToken cancellationToken)
    {
        var total = 0;
        while (true)
        {
            var count = await WriteAsync(step => Purge.Run(step, retention), cancellationToken);
            total += count;
            if (count != 0)
                continue;
            await WriteAsync(
                _ =>
                {
                    _writes.RemoveGoneOwners();
                    return true;
                },
                cancellationToken);
            return total;
        }
    }

    public Task<int> DeleteAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        WriteAsync(step => Purge.Delete(step, ids), cancellationToken);

    public Task<QueueStatus> InspectAsync(string queue, CancellationToken cancellationToken) =>
        ReadAsync(connection => Readings.Inspect(connection, queue, _time.GetUtcNow()), cancellationToken);

    public Task<IReadOnlyList<QueueStatus>> InspectAllAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<QueueStatus>>(
            connection => [.. Readings.Queues(connection).Select(queue => Readings.Inspect(connection, queue, _time.GetUtcNow()))],
            cancellationToken);

    public Task PauseAsync(string queue, CancellationToken cancellationToken) => WriteAsync(
        step => step.Connection.Execute("INSERT OR IGNORE INTO paused(queue) VALUES($queue)", ("$queue", queue)),
        cancellationToken);

    public Task ResumeAsync(string queue, CancellationToken cancellationToken) => WriteAsync(
        step =>
        {
            step.Woken.Add(queue);
            return step.Connection.Execute("DELETE FROM paused WHERE queue = $queue", ("$queue", queue));
        },
        cancellationToken);

    public Task<int> CancelQueuedAsync(string queue, CancellationToken cancellationToken) =>
        WriteAsync(step => Requests.CancelQueued(step, queue), cancellationToken);

    public Task<IReadOnlyList<TaskRecord>> PeekAsync(string queue, int max, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<TaskRecord>>(connection => Readings.Peek(connection, queue, max), cancellationToken);

    public Task<IReadOnlyList<TaskEvent>> ReadEventsAsync(
        string id, long after, int max, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<TaskEvent>>(connection => Readings.Events(connection, id, after, max), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_foreign is not null)
            await _foreign.DisposeAsync();
        await Task.Run(_writes.Dispose);
    }

    private Task<TaskRecord?> EndAsync(
        TaskLease lease, Func<TaskRecord, DateTimeOffset, TaskRecord> end, CancellationToken cancellationToken) =>
        WriteAsync(step => step.Find(lease) is { } record ? step.Enter(end(record, step.Now)) : null, cancellationToken);

    private async Task<T> WriteAsync<T>(Func<WriteStep, T> change, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return await _writes.RunAsync(change, cancellationToken);
    }

    private async Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        if (_database.Path is null)
            return await _writes.RunAsync(step => read(step.Connection), cancellationToken);
        return await Task.Run(() => Read(read), cancellationToken);
    }

    private T Read<T>(Func<SqliteConnection, T> read)
    {
        try
        {
            using var connection = _database.Open();
            return read(connection);
        }
        catch (SqliteException exception)
        {
            throw _database.Explain(exception);
        }
    }
}
