namespace JobRunner.Redis.Streams;

/// <summary>Says in the words of queues what went wrong in those of Redis.</summary>
internal static class RedisCalls
{
    public static async Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisException exception)
        {
            throw new QueueUnavailableException(exception.Message, exception);
        }
    }
}
