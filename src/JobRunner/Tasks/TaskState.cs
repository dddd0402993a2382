namespace JobRunner;

/// <summary>Where a task or message is in its life.</summary>
public enum TaskState
{
    /// <summary>Waits to be run.</summary>
    Queued,

    /// <summary>Runs under a lease.</summary>
    Running,

    /// <summary>Runs, and has been told to stop.</summary>
    Cancelling,

    /// <summary>Ended with a result.</summary>
    Completed,

    /// <summary>Ended without one.</summary>
    Failed,

    /// <summary>Was stopped, or never started, on request.</summary>
    Cancelled,
}

/// <summary>The state machine of tasks and messages, in one place; every store asks it.</summary>
public static class TaskStates
{
    /// <summary>Whether a task may go from one state to another. Going back to the queue from a run is no retry but a
    /// lease that was given back or lost.</summary>
    public static bool CanBecome(this TaskState from, TaskState to) => (from, to) switch
    {
        (TaskState.Queued, TaskState.Running or TaskState.Cancelled) => true,
        (TaskState.Running, TaskState.Completed or TaskState.Failed or TaskState.Queued or TaskState.Cancelling) => true,
        (TaskState.Cancelling, TaskState.Cancelled) => true,
        (TaskState.Failed or TaskState.Cancelled, TaskState.Queued) => true,
        _ => false,
    };

    /// <summary>Whether the task has ended.</summary>
    public static bool IsFinished(this TaskState state) =>
        state is TaskState.Completed or TaskState.Failed or TaskState.Cancelled;

    /// <summary>Whether a worker holds the task.</summary>
    public static bool IsLeased(this TaskState state) => state is TaskState.Running or TaskState.Cancelling;

    /// <summary>What a run's end leads to: a task that was told to stop is cancelled, however it ended.</summary>
    internal static TaskState AfterRun(this TaskState from, TaskState wanted) =>
        from == TaskState.Cancelling ? TaskState.Cancelled : wanted;

    /// <summary>The state's name in records, as users read it.</summary>
    public static string Name(this TaskState state) => state switch
    {
        TaskState.Queued => "queued",
        TaskState.Running => "running",
        TaskState.Cancelling => "cancelling",
        TaskState.Completed => "completed",
        TaskState.Failed => "failed",
        _ => "cancelled",
    };

    /// <summary>The state of a name; null where there is none of that name.</summary>
    public static TaskState? Parse(string? name) =>
        Enum.GetValues<TaskState>().Cast<TaskState?>().FirstOrDefault(state => state!.Value.Name() == name);
}
