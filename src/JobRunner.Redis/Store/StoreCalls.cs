using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Runs the scripts of one store, and says in the words of stores what went wrong in those of Redis.</summary>
internal sealed class StoreCalls(IRedisConnection redis, string prefix, TimeProvider time)
{
    public DateTimeOffset Now => time.GetUtcNow();

    public string Key(string name) => prefix + name;

    public Task<RespValue> EvaluateAsync(
        RedisScript script, IEnumerable<RedisArgument> arguments, CancellationToken cancellationToken) =>
        EvaluateAsync(script, Now, arguments, cancellationToken);

    public Task<RespValue> EvaluateAsync(
        RedisScript script, DateTimeOffset now, IEnumerable<RedisArgument> arguments, CancellationToken cancellationToken) =>
        RunAsync(() => redis.EvaluateAsync(
            script, [prefix], [Milliseconds(now), RecordFields.Time(now), .. arguments], cancellationToken));

    public Task<RespValue> SendAsync(RedisCommand command, CancellationToken cancellationToken) =>
        RunAsync(() => redis.SendAsync(command, cancellationToken));

    public async Task<IReadOnlyList<RespValue>> SendAllAsync(IReadOnlyList<RedisCommand> commands, CancellationToken cancellationToken)
    {
        var replies = await RunAsync(() => redis.SendAllAsync(commands, cancellationToken));
        return await RunAsync(() => Task.FromResult(replies.Select(reply => reply.OrThrow()).ToList()));
    }

    public static string Milliseconds(DateTimeOffset time) =>
        time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>Values preceded by their number, as scripts read them.</summary>
    public static IEnumerable<RedisArgument> Counted(IReadOnlyCollection<RedisArgument> values) => [values.Count, .. values];

    private static async Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisException exception)
        {
            throw new TaskStoreException($"The task store cannot be used: {exception.Message}", exception);
        }
    }
}
