using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>What people ask for: stop a task, run it again.</summary>
internal sealed class RecordRequests(StoreCalls calls, RecordWriter records)
{
    public async Task<CancelAnswer> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var answer = CancelAnswer.Unknown;
        await records.ChangeAsync(
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
        await records.ChangeAsync(
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

    public async Task<int> CancelQueuedAsync(string queue, CancellationToken cancellationToken)
    {
        var waiting = await calls.SendAsync(
            new RedisCommand("ZRANGE", calls.Key($"queue:{queue}:{TaskState.Queued.Name()}"), 0L, -1L), cancellationToken);
        var count = 0;
        foreach (var id in waiting.Items)
        {
            var cancelled = await records.ChangeAsync(
                id.Text!,
                (record, now) => record is { Status: TaskState.Queued } ? TaskTransitions.Cancel(record, now) : null,
                cancellationToken);
            if (cancelled is not null) count++;
        }

        return count;
    }
}
