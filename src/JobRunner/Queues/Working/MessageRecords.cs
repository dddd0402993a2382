using JobRunner.Tasks;

namespace JobRunner.Queues.Working;

/// <summary>Writes the records of messages that a broker holds, so that tasks look the same wherever they came
/// from.</summary>
internal sealed class MessageRecords(WorkedQueue worked)
{
    private bool AreApart => worked.Queue.Store is null;

    /// <summary>Records that a message runs. A record that runs already is of a run that was interrupted; the brokers' own
    /// counts do not tell, since they count what was looked at and given back, too.</summary>
    /// <returns>How it ends without a run: it was cancelled while it waited, or interrupted too often. Null: it
    /// runs.</returns>
    public async Task<TaskOutcome?> BeginAsync(MessageRun run, MessageCall call, CancellationToken cancellationToken)
    {
        if (!AreApart)
            return null;
        var known = await worked.Records.GetAsync(run.Message.Id, cancellationToken);
        var interruptions = InterruptionsOf(known);
        var record = RecordOf(run.Message, call) with
        {
            CreatedAt = known?.CreatedAt ?? run.Message.EnqueuedAt ?? worked.Time.GetUtcNow(),
            StartedAt = worked.Time.GetUtcNow(),
            Interruptions = interruptions,
            FencingToken = (known?.FencingToken ?? 0) + 1,
        };
        if (known?.Status != TaskState.Cancelled)
            run.Task = new TaskLease(record, record.FencingToken);
        if (known?.Status is TaskState.Cancelled or TaskState.Cancelling)
        {
            run.Cancel();
            return TaskFailures.Cancelled();
        }

        await worked.Records.RecordAsync(record, cancellationToken);
        return interruptions > worked.MaxInterruptions ? TaskFailures.Lost(interruptions) : null;
    }

    /// <summary>Records how a run ended.</summary>
    /// <returns>False where a later run has the record now, or had ended it.</returns>
    public async Task<bool> EndAsync(
        MessageRun run, MessageEnding ending, TimeSpan? delay, CancellationToken cancellationToken)
    {
        if (!AreApart)
            return true;

        // The store may have been away when the run began, and what could not be read has not begun at all.
        if (run.Task is null)
            await BeginAsync(run, run.Call ?? Unread(run.Message), cancellationToken);
        var lease = run.Task!;
        var now = worked.Time.GetUtcNow();
        var record = (ending.Kind, ending.Outcome) switch
        {
            (EndingKind.Release, _) => TaskTransitions.Release(lease.Record, now),
            (EndingKind.Retry, var failure) => TaskTransitions.Retry(lease.Record, failure!, delay ?? TimeSpan.Zero, now),
            (EndingKind.Cancel, var outcome) => TaskTransitions.Finish(
                lease.Record with { Status = TaskState.Cancelling }, outcome!, now),
            (_, var outcome) => TaskTransitions.Finish(lease.Record, outcome!, now),
        };
        return await worked.Records.RecordAsync(record, cancellationToken);
    }

    // Its bytes stay in the dead letter: as a payload they would be taken for JSON.
    private MessageCall Unread(QueueMessage message) => new(message.Endpoint ?? worked.Options.Endpoint, Payload: default);

    /// <summary>The record of a message as it runs.</summary>
    public TaskRecord RecordOf(QueueMessage message, MessageCall call) => new()
    {
        Id = message.Id,
        Queue = worked.Name,
        Endpoint = call.Endpoint,
        Payload = call.Payload,
        Status = TaskState.Running,
        Attempts = message.Attempt - 1,
        MaxAttempts = message.MaxAttempts ?? worked.Options.MaxAttempts,
        CreatedAt = message.EnqueuedAt ?? worked.Time.GetUtcNow(),
        NotBefore = message.NotBefore,
        Deadline = message.Deadline,
        Priority = message.Priority,
        Caller = message.Caller,
        TracingId = message.TracingId,
        TraceParent = message.TraceParent,
        IdempotencyKey = message.IdempotencyKey,
        ReplyTo = message.ReplyTo,
        Properties = message.Properties,
        FirstFailedAt = message.FirstFailedAt,
    };

    // A record that has ended is of a message that was put back on request: its count begins anew.
    private static int InterruptionsOf(TaskRecord? known)
    {
        if (known is null || known.Status.IsFinished())
            return 0;
        return known.Status.IsLeased() ? known.Interruptions + 1 : known.Interruptions;
    }
}
