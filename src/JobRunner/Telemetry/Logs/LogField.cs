using Serilog.Core;
using Serilog.Events;

namespace JobRunner.Telemetry.Logs;

/// <summary>The keys of a log line, and which properties of an event become keys.</summary>
internal static class LogField
{
    public const string Time = "time";
    public const string Level = "lvl";
    public const string Message = "msg";
    public const string TracingId = "tracing_id";
    public const string CallerName = "caller_name";
    public const string Error = "error";
    public const string Cause = "cause";
    public const string Traceback = "traceback";
    public const string Logger = "logger";

    /// <summary>
    /// The properties of the log call and its scopes. Those that would collide with a key of the line get an
    /// underscore, so that a log call can neither replace a line's time nor hide its cause.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, LogEventPropertyValue>> Of(LogEvent logEvent)
    {
        foreach (var (name, value) in logEvent.Properties)
        {
            if (!IsInternal(name))
                yield return new(IsReserved(name, logEvent) ? name + "_" : name, value);
        }
    }

    /// <summary>The category of the logger; null where there is none.</summary>
    public static string? LoggerName(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(Constants.SourceContextPropertyName, out var value)
            ? (value as ScalarValue)?.Value as string
            : null;

    // Kestrel puts the connection's id into the scope of all that a request does.
    private static bool IsInternal(string name) =>
        name is Constants.SourceContextPropertyName or "EventId" or "ConnectionId";

    private static bool IsReserved(string name, LogEvent logEvent) =>
        name is Time or Level or Message or Logger
        || (logEvent.Exception is not null && name is Error or Cause or Traceback);
}
