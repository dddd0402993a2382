namespace JobRunner.Redis.Protocol;

/// <summary>What this project asks of a Redis client. A client library can take the place of ours behind it.</summary>
internal interface IRedisConnection : IAsyncDisposable
{
    /// <summary>The longest argument that the server takes, in bytes, as far as it has said.</summary>
    long MaxArgumentLength { get; }

    /// <summary>Sends one command. Commands of concurrent callers share one connection and do not wait for each
    /// other's replies.</summary>
    /// <exception cref="RedisException">The server's error.</exception>
    /// <exception cref="RedisConnectionException">There is no connection, or no answer in time. A command that may
    /// have run is not sent again.</exception>
    Task<RespValue> SendAsync(RedisCommand command, CancellationToken cancellationToken = default);

    /// <summary>Sends commands together, with nothing of this connection between them. Errors are among the
    /// replies.</summary>
    /// <exception cref="RedisConnectionException">As for <see cref="SendAsync"/>.</exception>
    Task<IReadOnlyList<RespValue>> SendAllAsync(
        IReadOnlyList<RedisCommand> commands, CancellationToken cancellationToken = default);

    /// <summary>Runs a script, which the server need not know yet.</summary>
    /// <exception cref="RedisException">As for <see cref="SendAsync"/>.</exception>
    Task<RespValue> EvaluateAsync(
        RedisScript script,
        RedisArgument[] keys,
        RedisArgument[] arguments,
        CancellationToken cancellationToken = default);

    /// <summary>Opens a reader with a connection of its own, which the caller disposes.</summary>
    IRedisReader OpenReader();
}
