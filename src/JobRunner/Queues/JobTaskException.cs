namespace JobRunner;

/// <summary>A task that somebody waited for failed or was cancelled.</summary>
public sealed class JobTaskException : Exception
{
    internal JobTaskException(string taskId, string error, string? errorType)
        : base($"The task {taskId} did not complete: {error}")
    {
        TaskId = taskId;
        ErrorType = errorType;
    }

    /// <summary>Id of the task.</summary>
    public string TaskId { get; }

    /// <summary>Type of the job's own exception, where it threw one.</summary>
    public string? ErrorType { get; }
}
