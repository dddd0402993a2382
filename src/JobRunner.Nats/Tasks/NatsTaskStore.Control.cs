using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Tasks;

/// <summary>What operators and callers ask of tasks.</summary>
internal sealed partial class NatsTaskStore
{
    public Task<CancelAnswer> CancelAsync(string id, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var answer = CancelAnswer.Unknown;
        await ChangeAsync(
            id,
            stored =>
            {
                var now = _time.GetUtcNow();
                (answer, var changed) = stored.Task.Status switch
                {
                    TaskState.Queued => (CancelAnswer.Cancelled, Cancelled(stored, now)),
                    TaskState.Running => (CancelAnswer.Cancelling, stored.Enter(stored.Task with { Status = TaskState.Cancelling }, now)),
                    TaskState.Cancelling => (CancelAnswer.Cancelling, null),
                    _ => (CancelAnswer.Finished, (StoredTask?)null),
                };
                return changed;
            },
            cancellationToken);
        return answer;
    });

    public Task<RequeueAnswer> RequeueAsync(string id, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var answer = RequeueAnswer.Unknown;
        await ChangeAsync(
            id,
            stored =>
            {
                answer = stored.Task.Status is TaskState.Failed or TaskState.Cancelled ? RequeueAnswer.Queued : RequeueAnswer.NotFailed;
                return answer == RequeueAnswer.Queued ? Anew(stored, _time.GetUtcNow()) : null;
            },
            cancellationToken);
        return answer;
    });

    public Task PauseAsync(string queue, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var bucket = await OpenedAsync(cancellationToken);
        await bucket.PutAsync(TaskKeys.Pause(queue), "1"u8.ToArray(), cancellationToken);
        _index.SetPaused(queue, isPaused: true);
    });

    public Task ResumeAsync(string queue, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var bucket = await OpenedAsync(cancellationToken);
        await bucket.DeleteAsync(TaskKeys.Pause(queue), cancellationToken: cancellationToken);
        _index.SetPaused(queue, isPaused: false);
        Changes.Wake(queue);
    });

    public Task<int> CancelQueuedAsync(string queue, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        await CurrentAsync(cancellationToken);
        var cancelled = 0;
        foreach (var waiting in _index.Active().Where(stored => stored.Task.Queue == queue && stored.Task.Status == TaskState.Queued))
        {
            var changed = await ChangeAsync(
                waiting.Task.Id,
                stored => stored.Task.Status == TaskState.Queued ? Cancelled(stored, _time.GetUtcNow()) : null,
                cancellationToken);
            if (changed is not null) cancelled++;
        }

        return cancelled;
    });

    private static StoredTask Cancelled(StoredTask stored, DateTimeOffset now) =>
        stored.Enter(stored.Task with { Status = TaskState.Cancelled, EndedAt = now }, now);

    private static StoredTask Anew(StoredTask stored, DateTimeOffset now)
    {
        var task = stored.Task with
        {
            Status = TaskState.Queued,
            Attempts = 0,
            Interruptions = 0,
            StartedAt = null,
            EndedAt = null,
            NotBefore = null,
            Progress = null,
            ProgressMessage = null,
            HttpStatus = null,
            MediaType = null,
            Headers = new Dictionary<string, string>(StringComparer.Ordinal),
            Error = null,
            ErrorType = null,
            FirstFailedAt = null,
            LastFailedAt = null,
        };
        return stored.Enter(task, now) with { ResultKey = null };
    }
}
