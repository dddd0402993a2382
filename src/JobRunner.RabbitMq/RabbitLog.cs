using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;

namespace JobRunner.RabbitMq;

/// <summary>What the transport logs.</summary>
internal static partial class RabbitLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to {Endpoint} is lost: {Reason}")]
    public static partial void ConnectionLost(ILogger logger, RabbitEndpoint endpoint, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The connection to {Endpoint} is back")]
    public static partial void ConnectionBack(ILogger logger, RabbitEndpoint endpoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "The queue {Queue} was there already and is used as it is")]
    public static partial void UsedAsItIs(ILogger logger, string queue);
}
