namespace JobRunner;

/// <summary>The right to run a task for a while, and to say how it ended.</summary>
/// <param name="Record">The task as of the claim.</param>
/// <param name="FencingToken">Number of this lease; a later one makes it void.</param>
public sealed record TaskLease(TaskRecord Record, long FencingToken)
{
    /// <summary>Id of the task.</summary>
    public string TaskId => Record.Id;

    /// <summary>Number of the attempt that runs under this lease, the first being 1.</summary>
    public int Attempt => Record.Attempts + 1;
}

/// <summary>What is to be claimed.</summary>
/// <param name="Queue">Name of the queue.</param>
/// <param name="Max">Most tasks at once.</param>
/// <param name="Duration">How long the lease lasts unless it is renewed.</param>
public sealed record TaskClaim(string Queue, int Max, TimeSpan Duration);

/// <summary>What a renewal found.</summary>
public enum LeaseState
{
    /// <summary>The lease lasts on.</summary>
    Held,

    /// <summary>The lease lasts on, and the task has been told to stop.</summary>
    Cancelling,

    /// <summary>The lease lasts for a while yet and cannot be renewed any more: whoever holds it writes the record with a
    /// lease of its own to the store, and then hands this one over.</summary>
    Ending,

    /// <summary>Somebody else holds the task, or nobody does: its outcome will not count.</summary>
    Lost,
}

/// <summary>Answer to a request to stop a task.</summary>
public enum CancelAnswer
{
    /// <summary>There is no such task.</summary>
    Unknown,

    /// <summary>It had not started and never will.</summary>
    Cancelled,

    /// <summary>It runs and has been told to stop.</summary>
    Cancelling,

    /// <summary>It had ended already.</summary>
    Finished,
}

/// <summary>Answer to a request to run a task again.</summary>
public enum RequeueAnswer
{
    /// <summary>There is no such task.</summary>
    Unknown,

    /// <summary>It is queued again, with all its attempts.</summary>
    Queued,

    /// <summary>It neither failed nor was cancelled.</summary>
    NotFailed,
}
