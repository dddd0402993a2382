namespace JobRunner;

/// <summary>Something that happened to a task, for those who watch it.</summary>
/// <param name="Id">Grows within the task; readers resume after it.</param>
/// <param name="Kind">One of <see cref="TaskEventKinds"/>.</param>
/// <param name="At">When it happened, UTC.</param>
/// <param name="Data">JSON.</param>
public sealed record TaskEvent(long Id, string Kind, DateTimeOffset At, string Data);

/// <summary>An event that is to be added.</summary>
/// <param name="Kind">One of <see cref="TaskEventKinds"/>.</param>
/// <param name="Data">JSON.</param>
public sealed record NewTaskEvent(string Kind, string Data);

/// <summary>What kinds of events there are.</summary>
public static class TaskEventKinds
{
    /// <summary>The task has entered a state: <c>{"status", "attempts", …}</c>. Stores write it themselves.</summary>
    public const string State = "state";

    /// <summary>The job has reported progress: <c>{"progress", "message"}</c>. Stores write it themselves.</summary>
    public const string Progress = "progress";

    /// <summary>The job has logged a line: <c>{"level", "message"}</c>.</summary>
    public const string Log = "log";

    /// <summary>The job has produced an item of a streamed result; the data is the item.</summary>
    public const string Output = "output";
}
