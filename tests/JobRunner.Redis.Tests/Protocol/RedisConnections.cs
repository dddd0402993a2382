using JobRunner.Redis.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Redis.Tests.Protocol;

internal static class RedisConnections
{
    public static RedisConnection To(RedisServer server, Func<RedisEndpoint, RedisEndpoint>? change = null) =>
        To(RedisEndpoint.Of(QueueUrl.Parse(server.Url), _ => null), change);

    public static RedisConnection To(RedisEndpoint endpoint, Func<RedisEndpoint, RedisEndpoint>? change = null) =>
        new(change?.Invoke(endpoint) ?? endpoint, NullLogger.Instance, TimeProvider.System);

    public static Task<RespValue> SendAsync(this IRedisConnection connection, string name, params RedisArgument[] arguments) =>
        connection.SendAsync(new RedisCommand(name, arguments));

    /// <summary>A key that no other test uses.</summary>
    public static string Key() => $"test:{Guid.NewGuid():N}";
}
