using Microsoft.Extensions.Logging;

namespace JobRunner.Telemetry.Logs;

/// <summary>The one line of a call that failed. Its payload is never logged.</summary>
internal static partial class CallLog
{
    /// <summary>Writes the error with its <c>cause</c> and <c>traceback</c>.</summary>
    public static void Failed(ILogger logger, string endpoint, Exception exception) =>
        LogFailed(logger, exception, endpoint, exception.Message);

    [LoggerMessage(LogLevel.Error, "{endpoint} failed: {reason}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string endpoint, string reason);
}
