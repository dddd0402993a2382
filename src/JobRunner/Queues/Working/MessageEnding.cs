using JobRunner.Tasks;

namespace JobRunner.Queues.Working;

/// <summary>What becomes of a message after its run.</summary>
internal enum EndingKind
{
    /// <summary>It has a result.</summary>
    Complete,

    /// <summary>Its run was stopped on request.</summary>
    Cancel,

    /// <summary>It is tried again.</summary>
    Retry,

    /// <summary>Its failure is final.</summary>
    DeadLetter,

    /// <summary>It is given back, as if it had never run.</summary>
    Release,
}

/// <summary>What becomes of a message after its run, and why.</summary>
/// <param name="Kind">What becomes of it.</param>
/// <param name="Outcome">How the run ended; null where that does not count.</param>
internal sealed record MessageEnding(EndingKind Kind, TaskOutcome? Outcome)
{
    /// <summary>Whether the outcome names a file, since the broker refused the result for its size.</summary>
    public bool IsSpilled { get; init; }

    /// <summary>State of the task afterwards.</summary>
    public TaskState Status => Kind switch
    {
        EndingKind.Complete => TaskState.Completed,
        EndingKind.Cancel => TaskState.Cancelled,
        EndingKind.DeadLetter => TaskState.Failed,
        _ => TaskState.Queued,
    };

    /// <summary>Decides by what the run came to and what its starter knows.</summary>
    public static MessageEnding Of(TaskRun result, MessageRun run, WorkedQueue worked)
    {
        if (run.IsCancelled)
            return new MessageEnding(EndingKind.Cancel, TaskFailures.Cancelled());
        if (result.WasCancelled)
            return new MessageEnding(EndingKind.Release, Outcome: null);
        var outcome = result.Outcome;
        if (outcome.IsSuccess)
            return new MessageEnding(EndingKind.Complete, outcome);
        var mayMend = outcome.IsRetryable || (outcome.IsUnbound && worked.Format.RetriesUnknownArguments);
        var attempts = run.Message.MaxAttempts ?? worked.Options.MaxAttempts;
        return new MessageEnding(
            mayMend && run.Message.Attempt < attempts ? EndingKind.Retry : EndingKind.DeadLetter, outcome);
    }
}
