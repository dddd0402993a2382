using System.Text.Json;
using System.Text.Json.Nodes;
using JobRunner.Tasks;

namespace JobRunner;

/// <summary>What each change does to a record: the state machine's arithmetic, for whoever writes a store. A store reads
/// a record, asks here what it becomes, and writes that in the same step.</summary>
public static class TaskTransitions
{
    /// <summary>A new record.</summary>
    public static TaskRecord Create(NewTask task, DateTimeOffset now) => new()
    {
        Id = task.Id,
        Queue = task.Queue,
        Endpoint = task.Endpoint,
        Payload = task.Payload,
        Status = TaskState.Queued,
        MaxAttempts = task.MaxAttempts,
        CreatedAt = now,
        NotBefore = task.NotBefore,
        Deadline = task.Deadline,
        Priority = task.Priority,
        Caller = task.Caller,
        TracingId = task.TracingId,
        PredecessorId = task.PredecessorId,
        TraceParent = task.TraceParent,
        IdempotencyKey = task.IdempotencyKey,
        ReplyTo = task.ReplyTo,
        WebhookUrl = task.WebhookUrl,
        Properties = task.Properties,
    };

    /// <summary>A record as its new lease has it.</summary>
    public static TaskRecord Claim(TaskRecord record, string owner, TimeSpan duration, DateTimeOffset now) =>
        Become(record, TaskState.Running) with
        {
            StartedAt = now,
            EndedAt = null,
            Progress = null,
            ProgressMessage = null,
            LeaseOwner = owner,
            LeaseExpiresAt = now + duration,
            FencingToken = record.FencingToken + 1,
        };

    /// <summary>A record whose run has ended for good.</summary>
    public static TaskRecord Finish(TaskRecord record, TaskOutcome outcome, DateTimeOffset now)
    {
        var state = record.Status.AfterRun(outcome.IsSuccess ? TaskState.Completed : TaskState.Failed);
        return End(record, state, state == TaskState.Cancelled ? TaskFailures.Cancelled() : outcome, now) with
        {
            Attempts = record.Attempts + 1,
        };
    }

    /// <summary>A record that waits for another attempt.</summary>
    public static TaskRecord Retry(TaskRecord record, TaskOutcome failure, TimeSpan delay, DateTimeOffset now)
    {
        if (record.Status == TaskState.Cancelling)
            return Finish(record, failure, now);
        return WithFailure(WithoutLease(Become(record, TaskState.Queued)), failure, now) with
        {
            Attempts = record.Attempts + 1,
            NotBefore = now + delay,
        };
    }

    /// <summary>A record that was given back unfinished.</summary>
    public static TaskRecord Release(TaskRecord record, DateTimeOffset now) => record.Status == TaskState.Cancelling
        ? End(record, TaskState.Cancelled, TaskFailures.Cancelled(), now)
        : WithoutLease(Become(record, TaskState.Queued));

    /// <summary>A record whose lease was lost.</summary>
    public static TaskRecord Interrupt(TaskRecord record, int maxInterruptions, DateTimeOffset now)
    {
        var interrupted = record with { Interruptions = record.Interruptions + 1 };
        if (record.Status == TaskState.Cancelling)
            return End(interrupted, TaskState.Cancelled, TaskFailures.Cancelled(), now);
        return interrupted.Interruptions > maxInterruptions
            ? End(interrupted, TaskState.Failed, TaskFailures.Lost(interrupted.Interruptions), now)
            : WithoutLease(Become(interrupted, TaskState.Queued));
    }

    /// <summary>A record that was told to stop; null where it has ended already.</summary>
    public static TaskRecord? Cancel(TaskRecord record, DateTimeOffset now) => record.Status switch
    {
        TaskState.Queued => End(record, TaskState.Cancelled, TaskFailures.Cancelled(), now),
        TaskState.Running => Become(record, TaskState.Cancelling),
        TaskState.Cancelling => record,
        _ => null,
    };

    /// <summary>A record that shall run again; null where it neither failed nor was cancelled.</summary>
    public static TaskRecord? Requeue(TaskRecord record) =>
        record.Status is not (TaskState.Failed or TaskState.Cancelled)
            ? null
            : Become(record, TaskState.Queued) with
            {
                Attempts = 0,
                Interruptions = 0,
                StartedAt = null,
                EndedAt = null,
                NotBefore = null,
                Progress = null,
                ProgressMessage = null,
                HttpStatus = null,
                MediaType = null,
                Headers = NewTask.NoProperties,
                Result = null,
                Error = null,
                ErrorType = null,
                FirstFailedAt = null,
                LastFailedAt = null,
            };

    /// <summary>The event that tells of a record's state.</summary>
    public static NewTaskEvent StateEvent(TaskRecord record)
    {
        var data = new JsonObject
        {
            ["status"] = record.Status.Name(),
            ["attempts"] = record.Attempts,
            ["interruptions"] = record.Interruptions,
        };
        if (record.Error is not null)
        {
            data["error"] = record.Error;
            data["type"] = record.ErrorType;
        }

        return new NewTaskEvent(TaskEventKinds.State, data.ToJsonString(JsonSerializerOptions.Web));
    }

    /// <summary>The event that tells of progress.</summary>
    public static NewTaskEvent ProgressEvent(double progress, string? message)
    {
        var data = new JsonObject { ["progress"] = progress, ["message"] = message };
        return new NewTaskEvent(TaskEventKinds.Progress, data.ToJsonString(JsonSerializerOptions.Web));
    }

    private static TaskRecord Become(TaskRecord record, TaskState state) => record.Status.CanBecome(state)
        ? record with { Status = state }
        : throw new InvalidOperationException(
            $"task {record.Id} is {record.Status.Name()}, which cannot become {state.Name()}");

    private static TaskRecord End(TaskRecord record, TaskState state, TaskOutcome outcome, DateTimeOffset now)
    {
        var ended = WithoutLease(Become(record, state)) with
        {
            EndedAt = now,
            HttpStatus = outcome.HttpStatus,
            MediaType = outcome.MediaType,
            Headers = outcome.Headers,
            Result = outcome.Result,
        };
        return outcome.IsSuccess ? ended with { Error = null, ErrorType = null } : WithFailure(ended, outcome, now);
    }

    private static TaskRecord WithoutLease(TaskRecord record) =>
        record with { LeaseOwner = null, LeaseExpiresAt = null };

    private static TaskRecord WithFailure(TaskRecord record, TaskOutcome failure, DateTimeOffset now) => record with
    {
        Error = failure.Error,
        ErrorType = failure.ErrorType,
        FirstFailedAt = record.FirstFailedAt ?? now,
        LastFailedAt = now,
    };
}
