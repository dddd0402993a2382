namespace JobRunner;

/// <summary>A call succeeded, but its result cannot be written as JSON. Answered with 500.</summary>
public sealed class ResultNotSerializableException : Exception
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public ResultNotSerializableException()
    {
    }

    /// <summary>Creates the exception with a message that names the type.</summary>
    public ResultNotSerializableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message that names the type, and its cause.</summary>
    public ResultNotSerializableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
