using System.Text.Json;
using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Tasks;

/// <summary>Running tasks.</summary>
internal sealed partial class NatsTaskStore
{
    public Task<IReadOnlyList<TaskLease>> ClaimAsync(TaskClaim claim, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var bucket = await CurrentAsync(cancellationToken);

            // Claims of one process would only race for the same tasks.
            await _claiming.WaitAsync(cancellationToken);
            try
            {
                return await ClaimAsync(bucket, claim, cancellationToken);
            }
            finally
            {
                _claiming.Release();
            }
        });

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<TaskLease> leases, TimeSpan duration, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<LeaseState>>(async () => await Task.WhenAll(leases.Select(async lease =>
        {
            var until = _time.GetUtcNow() + duration;
            var renewed = await ChangeHeldAsync(lease, record => record with { LeaseExpiresAt = until }, cancellationToken);
            return renewed?.Task.Status switch
            {
                null => LeaseState.Lost,
                TaskState.Cancelling => LeaseState.Cancelling,
                _ => LeaseState.Held,
            };
        })));

    public Task<bool> ReportAsync(TaskLease lease, double progress, string? message, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var changed = await ChangeHeldAsync(
                lease, record => record with { Progress = progress, ProgressMessage = message }, cancellationToken);
            if (changed is null) return false;
            await PublishEventsAsync(changed, [TaskTransitions.ProgressEvent(progress, message)], cancellationToken);
            return true;
        });

    public Task<bool> AppendAsync(TaskLease lease, IReadOnlyList<NewTaskEvent> events, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var bucket = await OpenedAsync(cancellationToken);
            if (await ReadAsync(bucket, lease.TaskId, cancellationToken) is not { } stored || !IsHeld(stored.Task, lease)) return false;
            await PublishEventsAsync(stored, events, cancellationToken);
            return true;
        });

    public Task<TaskRecord?> FinishAsync(TaskLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        EndAsync(lease, (record, now) => TaskTransitions.Finish(record, Fitting(outcome), now), cancellationToken);

    public Task<TaskRecord?> RetryAsync(
        TaskLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken) =>
        EndAsync(lease, (record, now) => TaskTransitions.Retry(record, failure, delay, now), cancellationToken);

    public Task<bool> ReleaseAsync(TaskLease lease, CancellationToken cancellationToken) => GuardAsync(async () =>
        await ChangeHeldAsync(lease, record => TaskTransitions.Release(record, _time.GetUtcNow()), cancellationToken) is not null);

    public Task<IReadOnlyList<TaskRecord>> SweepAsync(int maxInterruptions, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<TaskRecord>>(async () =>
        {
            await CurrentAsync(cancellationToken);
            var now = _time.GetUtcNow();
            var found = new List<TaskRecord>();
            foreach (var suspect in _index.Active().Where(stored => IsLapsed(stored.Task, now)))
            {
                var swept = await ChangeAsync(
                    suspect.Task.Id,
                    record => IsLapsed(record, now) ? TaskTransitions.Interrupt(record, maxInterruptions, now) : null,
                    cancellationToken);
                if (swept is not null) found.Add(swept.Record);
            }

            return found;
        });

    private static bool IsHeld(TaskRecord task, TaskLease lease) =>
        task.Status.IsLeased() && task.FencingToken == lease.FencingToken;

    private static bool IsLapsed(TaskRecord task, DateTimeOffset now) =>
        task.Status.IsLeased() && task.LeaseExpiresAt is { } until && until <= now;

    /// <summary>A result that the server does not take is a failure with both numbers.</summary>
    private TaskOutcome Fitting(TaskOutcome outcome)
    {
        if (MaxResultSize is not { } limit || outcome.Result.Length <= limit) return outcome;
        var error = $"the result has {outcome.Result.Length} bytes, and the store of task records takes at most {limit}";
        return new TaskOutcome
        {
            HttpStatus = 500,
            Result = JsonSerializer.SerializeToUtf8Bytes(new ErrorData(error, "ResultTooLarge"), TasksJson.Default.ErrorData),
            Error = error,
            ErrorType = "ResultTooLarge",
        };
    }

    private Task<TaskRecord?> EndAsync(
        TaskLease lease, Func<TaskRecord, DateTimeOffset, TaskRecord> transition, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var ended = await ChangeHeldAsync(lease, record => transition(record, _time.GetUtcNow()), cancellationToken);
            return ended is null ? null : await WholeAsync(await OpenedAsync(cancellationToken), ended, cancellationToken);
        });

    private Task<StoredTask?> ChangeHeldAsync(TaskLease lease, Func<TaskRecord, TaskRecord> change, CancellationToken cancellationToken) =>
        ChangeAsync(lease.TaskId, record => IsHeld(record, lease) ? change(record) : null, cancellationToken);

    private async Task<IReadOnlyList<TaskLease>> ClaimAsync(KeyValueBucket bucket, TaskClaim claim, CancellationToken cancellationToken)
    {
        var leases = new List<TaskLease>();
        if (_index.IsPaused(claim.Queue)) return leases;
        var now = _time.GetUtcNow();
        foreach (var stored in Due(claim.Queue, now))
        {
            if (leases.Count >= claim.Max) break;
            var running = TaskTransitions.Claim(stored.Record, _owner, claim.Duration, now);
            if (await WriteAsync(bucket, stored, running, cancellationToken) is not { } taken) continue;
            leases.Add(new TaskLease(await WholeAsync(bucket, taken, cancellationToken), running.FencingToken));
        }

        return leases;
    }

    private IEnumerable<StoredTask> Due(string queue, DateTimeOffset now) => _index.Active()
        .Where(stored => stored.Task.Queue == queue && stored.Task.Status == TaskState.Queued && (stored.Task.NotBefore ?? now) <= now)
        .OrderByDescending(stored => stored.Task.Priority)
        .ThenBy(stored => stored.Order);
}
