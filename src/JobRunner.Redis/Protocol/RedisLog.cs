using Microsoft.Extensions.Logging;

namespace JobRunner.Redis.Protocol;

internal static partial class RedisLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to Redis at {Endpoint}.")]
    public static partial void Connected(this ILogger logger, RedisEndpoint endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Failure} Trying again.")]
    public static partial void Disconnected(this ILogger logger, string failure);
}
