namespace JobRunner;

/// <summary>The arguments of a call do not fit the parameters of its endpoint. Answered with 400.</summary>
public sealed class ArgumentBindingException : ArgumentException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public ArgumentBindingException()
    {
    }

    /// <summary>Creates the exception with a message that names argument and expectation.</summary>
    public ArgumentBindingException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message that names argument and expectation, and its cause.</summary>
    public ArgumentBindingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
