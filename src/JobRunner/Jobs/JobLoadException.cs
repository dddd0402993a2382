namespace JobRunner;

/// <summary>A job cannot be loaded; the message is one sentence that says what to do.</summary>
public sealed class JobLoadException : Exception
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public JobLoadException()
    {
    }

    /// <summary>Creates the exception with the sentence that users read.</summary>
    public JobLoadException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with the sentence that users read and its cause.</summary>
    public JobLoadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
