namespace JobRunner;

/// <summary>What a call asked for does not exist. Answered with 404.</summary>
public sealed class EntityNotFoundException : Exception
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public EntityNotFoundException()
    {
    }

    /// <summary>Creates the exception with a message for the caller.</summary>
    public EntityNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the caller and its cause.</summary>
    public EntityNotFoundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>What a call wants to create exists already. Answered with 409.</summary>
public sealed class AlreadyExistsException : Exception
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public AlreadyExistsException()
    {
    }

    /// <summary>Creates the exception with a message for the caller.</summary>
    public AlreadyExistsException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the caller and its cause.</summary>
    public AlreadyExistsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
