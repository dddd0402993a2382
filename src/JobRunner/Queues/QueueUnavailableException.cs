namespace JobRunner;

/// <summary>A queue's broker is away or refuses; the message is one sentence for the operator.</summary>
public sealed class QueueUnavailableException : Exception
{
    /// <summary>Creates the exception with a finished sentence.</summary>
    public QueueUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
