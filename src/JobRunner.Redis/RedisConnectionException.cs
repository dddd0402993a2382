namespace JobRunner.Redis;

/// <summary>Redis could not be reached, did not answer in time, or the connection broke.</summary>
public sealed class RedisConnectionException : RedisException
{
    /// <summary>Makes an exception without a message.</summary>
    public RedisConnectionException()
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    public RedisConnectionException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a cause.</summary>
    public RedisConnectionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the command was on its way already, so that Redis may have carried it out; a command that was
    /// not can be sent again without a second thought.</summary>
    public bool MayHaveRun { get; init; }
}
