using System.Text.Json;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Tasks;

/// <summary>Running tasks.</summary>
internal sealed partial class NatsTaskStore
{
    public Task<IReadOnlyList<TaskLease>> ClaimAsync(TaskClaim claim, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<TaskLease>>(async () =>
        {
            var bucket = await CurrentAsync(cancellationToken);
            var leases = new List<TaskLease>();
            if (_index.IsPaused(claim.Queue)) return leases;
            var now = _time.GetUtcNow();
            foreach (var stored in Due(claim.Queue, now))
            {
                if (leases.Count >= claim.Max) break;
                var running = stored.Task with
                {
                    Status = TaskState.Running,
                    StartedAt = now,
                    LeaseOwner = _owner,
                    LeaseExpiresAt = now + claim.Duration,
                    FencingToken = stored.Task.FencingToken + 1,
                    Progress = null,
                    ProgressMessage = null,
                };
                if (await WriteAsync(bucket, stored.Enter(running, now), cancellationToken) is not { } taken) continue;
                leases.Add(new TaskLease(await WholeAsync(bucket, taken, cancellationToken), running.FencingToken));
            }

            return leases;
        });

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<TaskLease> leases, TimeSpan duration, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<LeaseState>>(async () => await Task.WhenAll(leases.Select(async lease =>
        {
            var until = _time.GetUtcNow() + duration;
            var renewed = await ChangeHeldAsync(lease, stored => stored.With(stored.Task with { LeaseExpiresAt = until }), cancellationToken);
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
                lease, stored => stored.With(stored.Task with { Progress = progress, ProgressMessage = message }), cancellationToken);
            if (changed is null) return false;
            var data = JsonSerializer.Serialize(new ProgressData(progress, message), ProgressJson.Default.ProgressData);
            await PublishEventsAsync(changed, [new NewTaskEvent(TaskEventKinds.Progress, data)], cancellationToken);
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
        GuardAsync(async () =>
        {
            var bucket = await OpenedAsync(cancellationToken);

            // The result comes first, under the lease's own key; the record makes it the task's.
            var resultKey = TaskKeys.Result(lease.TaskId, lease.FencingToken);
            try
            {
                await bucket.PutAsync(resultKey, outcome.Result, cancellationToken);
            }
            catch (NatsPayloadTooLargeException exception)
            {
                outcome = TooLarge(exception);
                await bucket.PutAsync(resultKey, outcome.Result, cancellationToken);
            }

            var finished = await ChangeHeldAsync(lease, stored => Finish(stored, outcome, resultKey), cancellationToken);
            return finished is null ? null : await WholeAsync(bucket, finished, cancellationToken);
        });

    public Task<TaskRecord?> RetryAsync(
        TaskLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var changed = await ChangeHeldAsync(
                lease,
                stored =>
                {
                    var now = _time.GetUtcNow();
                    var task = Failed(Unleased(stored.Task), failure, now) with { Attempts = stored.Task.Attempts + 1 };
                    return stored.Task.Status == TaskState.Cancelling
                        ? stored.Enter(task with { Status = TaskState.Cancelled, EndedAt = now }, now)
                        : stored.Enter(task with { Status = TaskState.Queued, NotBefore = now + delay }, now);
                },
                cancellationToken);
            return changed is null ? null : await WholeAsync(await OpenedAsync(cancellationToken), changed, cancellationToken);
        });

    public Task<bool> ReleaseAsync(TaskLease lease, CancellationToken cancellationToken) => GuardAsync(async () =>
        await ChangeHeldAsync(lease, stored => Back(stored, _time.GetUtcNow()), cancellationToken) is not null);

    public Task<IReadOnlyList<TaskRecord>> SweepAsync(int maxInterruptions, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<TaskRecord>>(async () =>
        {
            await CurrentAsync(cancellationToken);
            var now = _time.GetUtcNow();
            var found = new List<TaskRecord>();
            foreach (var suspect in _index.Active().Where(stored => IsLapsed(stored.Task, now)))
            {
                var swept = await ChangeAsync(
                    suspect.Task.Id, stored => IsLapsed(stored.Task, now) ? Interrupt(stored, maxInterruptions, now) : null, cancellationToken);
                if (swept is not null) found.Add(swept.Record);
            }

            return found;
        });

    private static bool IsHeld(TaskRecord task, TaskLease lease) =>
        task.Status.IsLeased() && task.FencingToken == lease.FencingToken;

    private static bool IsLapsed(TaskRecord task, DateTimeOffset now) =>
        task.Status.IsLeased() && task.LeaseExpiresAt is { } until && until <= now;

    private static TaskRecord Unleased(TaskRecord task) => task with { LeaseOwner = null, LeaseExpiresAt = null };

    private static TaskRecord Failed(TaskRecord task, TaskOutcome failure, DateTimeOffset now) => task with
    {
        Error = failure.Error,
        ErrorType = failure.ErrorType,
        FirstFailedAt = task.FirstFailedAt ?? now,
        LastFailedAt = now,
    };

    private static StoredTask Back(StoredTask stored, DateTimeOffset now)
    {
        var task = Unleased(stored.Task);
        return task.Status == TaskState.Cancelling
            ? stored.Enter(task with { Status = TaskState.Cancelled, EndedAt = now }, now)
            : stored.Enter(task with { Status = TaskState.Queued }, now);
    }

    private static StoredTask Interrupt(StoredTask stored, int maxInterruptions, DateTimeOffset now)
    {
        var counted = stored with { Task = stored.Task with { Interruptions = stored.Task.Interruptions + 1 } };
        if (stored.Task.Status == TaskState.Cancelling || counted.Task.Interruptions <= maxInterruptions) return Back(counted, now);
        var lost = Unleased(counted.Task) with
        {
            Status = TaskState.Failed,
            EndedAt = now,
            HttpStatus = 500,
            Error = $"the task is lost: {counted.Task.Interruptions} workers took it and ended without a word",
            ErrorType = "TaskLost",
            FirstFailedAt = counted.Task.FirstFailedAt ?? now,
            LastFailedAt = now,
        };
        return stored.Enter(lost, now);
    }

    private static TaskOutcome TooLarge(NatsPayloadTooLargeException exception)
    {
        var error = $"the result has {exception.Size} bytes, and the store of task records takes at most {exception.Limit}";
        return new TaskOutcome
        {
            HttpStatus = 500,
            Result = JsonSerializer.SerializeToUtf8Bytes(new ErrorData(error, "ResultTooLarge"), ProgressJson.Default.ErrorData),
            Error = error,
            ErrorType = "ResultTooLarge",
        };
    }

    private StoredTask Finish(StoredTask stored, TaskOutcome outcome, string resultKey)
    {
        var now = _time.GetUtcNow();
        var task = Unleased(stored.Task) with
        {
            Status = stored.Task.Status == TaskState.Cancelling ? TaskState.Cancelled : outcome.IsSuccess ? TaskState.Completed : TaskState.Failed,
            Attempts = stored.Task.Attempts + 1,
            EndedAt = now,
            HttpStatus = outcome.HttpStatus,
            MediaType = outcome.MediaType,
            Headers = outcome.Headers,
            Error = null,
            ErrorType = null,
        };
        return stored.Enter(outcome.IsSuccess ? task : Failed(task, outcome, now), now) with { ResultKey = resultKey };
    }

    private Task<StoredTask?> ChangeHeldAsync(TaskLease lease, Func<StoredTask, StoredTask> change, CancellationToken cancellationToken) =>
        ChangeAsync(lease.TaskId, stored => IsHeld(stored.Task, lease) ? change(stored) : null, cancellationToken);

    private IEnumerable<StoredTask> Due(string queue, DateTimeOffset now) => _index.Active()
        .Where(stored => stored.Task.Queue == queue && stored.Task.Status == TaskState.Queued && (stored.Task.NotBefore ?? now) <= now)
        .OrderByDescending(stored => stored.Task.Priority)
        .ThenBy(stored => stored.Order);
}
