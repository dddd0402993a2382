using System.Text;

namespace JobRunner.Nats.Tasks;

/// <summary>What operators and callers ask of tasks.</summary>
internal sealed partial class NatsTaskStore
{
    public Task<CancelAnswer> CancelAsync(string id, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var answer = CancelAnswer.Unknown;
        await ChangeAsync(
            id,
            record =>
            {
                var cancelled = TaskTransitions.Cancel(record, _time.GetUtcNow());
                answer = cancelled?.Status switch
                {
                    null => CancelAnswer.Finished,
                    TaskState.Cancelled => CancelAnswer.Cancelled,
                    _ => CancelAnswer.Cancelling,
                };
                return cancelled?.Status == record.Status ? null : cancelled;
            },
            cancellationToken);
        return answer;
    });

    public Task<RequeueAnswer> RequeueAsync(string id, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var answer = RequeueAnswer.Unknown;
        await ChangeAsync(
            id,
            record =>
            {
                var queued = TaskTransitions.Requeue(record);
                answer = queued is null ? RequeueAnswer.NotFailed : RequeueAnswer.Queued;
                return queued;
            },
            cancellationToken);
        return answer;
    });

    public Task PauseAsync(string queue, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var bucket = await OpenedAsync(cancellationToken);
        await bucket.PutAsync(TaskKeys.Pause(queue), Encoding.UTF8.GetBytes(queue), cancellationToken);
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
                record => record.Status == TaskState.Queued ? TaskTransitions.Cancel(record, _time.GetUtcNow()) : null,
                cancellationToken);
            if (changed is not null) cancelled++;
        }

        return cancelled;
    });
}
