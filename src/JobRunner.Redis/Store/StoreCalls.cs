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

    /// <summary>The names of fields that a script shall return.</summary>
    public static IEnumerable<RedisArgument> Names(IReadOnlyList<string> names) =>
        Counted([.. names.Select(name => (RedisArgument)name)]);

    /// <summary>The first ids of a set that is sorted by time.</summary>
    public async Task<List<string>> IdsAsync(string set, DateTimeOffset until, int most, CancellationToken cancellationToken)
    {
        var ids = await SendAsync(
            new RedisCommand("ZRANGEBYSCORE", Key(set), "-inf", Milliseconds(until), "LIMIT", 0L, most), cancellationToken);
        return [.. ids.Items.Select(id => id.Text!)];
    }

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
