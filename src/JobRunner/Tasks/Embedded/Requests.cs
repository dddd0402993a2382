namespace JobRunner.Tasks.Embedded;

/// <summary>What users ask of tasks.</summary>
internal static class Requests
{
    public static CancelAnswer Cancel(WriteStep step, string id)
    {
        if (step.Find(id) is not { } record)
            return CancelAnswer.Unknown;
        if (TaskTransitions.Cancel(record, step.Now) is not { } cancelled)
            return CancelAnswer.Finished;
        if (cancelled.Status != record.Status)
            step.Enter(cancelled);
        return cancelled.Status == TaskState.Cancelled ? CancelAnswer.Cancelled : CancelAnswer.Cancelling;
    }

    public static RequeueAnswer Requeue(WriteStep step, string id)
    {
        if (step.Find(id) is not { } record)
            return RequeueAnswer.Unknown;
        if (TaskTransitions.Requeue(record) is not { } queued)
            return RequeueAnswer.NotFailed;
        step.Enter(queued);
        return RequeueAnswer.Queued;
    }

    public static int CancelQueued(WriteStep step, string queue)
    {
        var records = step.Connection.Query(
            TaskRows.Lean + " WHERE queue = $queue AND status = 0", TaskRows.Read, ("$queue", queue));
        foreach (var record in records)
            step.Enter(TaskTransitions.Cancel(record, step.Now)!);
        return records.Count;
    }
}
