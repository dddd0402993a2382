namespace JobRunner.Redis.Protocol;

/// <summary>Blocking reads on a connection of their own, since nothing behind a blocked command is answered.</summary>
internal sealed class RedisReader(IRedisConnection commands, RedisConnection own, TimeSpan patience) : IRedisReader
{
    private static readonly TimeSpan UnblockInterval = TimeSpan.FromMilliseconds(50);

    public async Task<RespValue> ReadAsync(RedisCommand command, TimeSpan block, CancellationToken cancellationToken)
    {
        LiveSession live;
        try
        {
            live = await own.SessionAsync(patience, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return RespValue.Null;
        }

        var request = new RedisRequest([command]);
        var reading = live.Session.SendAsync(request, block + patience, CancellationToken.None);
        try
        {
            await ((Task)reading).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!reading.IsCompleted)
            {
                if (request.TryWithdraw()) return RespValue.Null;
                await UnblockAsync(reading, live.Greeting.ClientId);
            }

            return (await reading)[0].OrThrow();
        }
        catch (RedisConnectionException)
        {
            own.Retire(live);
            throw;
        }
    }

    public ValueTask DisposeAsync() => own.DisposeAsync();

    // Where it may not be unblocked, the read ends by itself when its time is over. It may not be blocked yet, so one
    // try is not enough.
    private async Task UnblockAsync(Task reading, long? clientId)
    {
        while (clientId is { } id && !reading.IsCompleted)
        {
            try
            {
                await commands.SendAsync(new RedisCommand("CLIENT", "UNBLOCK", id));
            }
            catch (RedisException)
            {
                return;
            }

            await reading.WaitAsync(UnblockInterval).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
