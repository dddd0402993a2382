namespace JobRunner;

/// <summary>A store cannot do what it shall: its folder is not writable, its disk is full, its server is away. The
/// message is one sentence for the operator; nothing was stored.</summary>
public sealed class TaskStoreException : Exception
{
    /// <summary>Creates the exception with a finished sentence.</summary>
    public TaskStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
