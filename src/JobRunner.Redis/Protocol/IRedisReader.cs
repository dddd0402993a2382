namespace JobRunner.Redis.Protocol;

/// <summary>Reads that wait for something to come: XREADGROUP BLOCK, BLPOP, BLMOVE. One at a time.</summary>
internal interface IRedisReader : IAsyncDisposable
{
    /// <summary>Sends a command that blocks.</summary>
    /// <param name="command">The command, which says itself how long the server shall block.</param>
    /// <param name="block">That time; more than zero, since a server that went away must be noticed.</param>
    /// <param name="cancellationToken">Ends the wait, not the read: what the server has handed out by then is
    /// returned, so that nothing is popped and lost.</param>
    /// <returns>The reply; null where nothing came in time or the wait was cancelled.</returns>
    /// <exception cref="RedisException">The server's error.</exception>
    /// <exception cref="RedisConnectionException">There is no connection, or it broke.</exception>
    Task<RespValue> ReadAsync(RedisCommand command, TimeSpan block, CancellationToken cancellationToken);
}
