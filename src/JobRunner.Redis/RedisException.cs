namespace JobRunner.Redis;

/// <summary>Redis refused a command, or could not be asked. The message is the server's own, without passwords.</summary>
public class RedisException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public RedisException()
    {
    }

    /// <summary>Makes an exception of the server's message, whose first word is its code.</summary>
    public RedisException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a cause.</summary>
    public RedisException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The first word of the server's message, such as WRONGTYPE, NOAUTH or ERR.</summary>
    public string Code => Message.Split(' ', 2)[0];
}
