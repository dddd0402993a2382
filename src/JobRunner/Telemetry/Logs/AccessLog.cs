using Microsoft.Extensions.Logging;

namespace JobRunner.Telemetry.Logs;

/// <summary>
/// One line when a request arrives and one when it is answered. Probes and scrapes are left out while they succeed.
/// Paths are to be given without their query, which may hold secrets; the log escapes control characters in them.
/// </summary>
internal static partial class AccessLog
{
    /// <summary>Writes <c>Request: POST /api/v1/perform</c> at debug.</summary>
    /// <param name="logger">The log.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path as the caller sent it, prefix included.</param>
    /// <param name="isProbe">What <see cref="IsProbe"/> says of the path without its prefix.</param>
    public static void Arrived(ILogger logger, string method, string path, bool isProbe)
    {
        if (!isProbe)
            LogArrived(logger, method, path);
    }

    /// <summary>Writes <c>POST /api/v1/perform 200</c> at info.</summary>
    public static void Answered(ILogger logger, string method, string path, int status, bool isProbe)
    {
        if (!isProbe || status != 200)
            LogAnswered(logger, method, path, status);
    }

    /// <summary>Whether the request is a health probe or a scrape of metrics.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path below any <c>/pub/job/…</c> prefix.</param>
    public static bool IsProbe(string method, ReadOnlySpan<char> path)
    {
        if (method is not ("GET" or "HEAD"))
            return false;
        return path.TrimEnd('/') is "/live" or "/ready" or "/health" or "/metrics";
    }

    [LoggerMessage(LogLevel.Debug, "Request: {method} {path}")]
    private static partial void LogArrived(ILogger logger, string method, string path);

    [LoggerMessage(LogLevel.Information, "{method} {path} {status}")]
    private static partial void LogAnswered(ILogger logger, string method, string path, int status);
}
