using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Formatting;

namespace JobRunner.Telemetry.Logs;

/// <summary><c>[time] LEVEL message, key=value, key="with space"</c>: what the message shows is not repeated.</summary>
internal sealed class ConsoleLineFormatter(bool colours) : ITextFormatter
{
    private const string Dim = "\e[2m";
    private const string Reset = "\e[0m";

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var line = new StringBuilder(256);
        var time = logEvent.Timestamp.ToString("[yyyy-MM-dd HH:mm:ss]", CultureInfo.InvariantCulture);
        var (level, colour) = Level(logEvent.Level);
        line.Append(colours ? Dim + time + Reset : time).Append(' ')
            .Append(colours ? colour + level + Reset : level).Append(' ');
        var message = LogMessage.Render(logEvent);
        line.Append(ControlCharacters.Escape(message));
        foreach (var (key, value) in LogField.Of(logEvent))
        {
            if (!LogMessage.Shows(logEvent, key) && key is not (LogField.TracingId or LogField.CallerName))
                Append(line, key, Text(value));
        }

        AppendException(line, logEvent.Exception, message);
        AppendCall(line, logEvent, LogField.TracingId);
        AppendCall(line, logEvent, LogField.CallerName);
        line.Append('\n');
        output.Write(line);
    }

    private static void AppendException(StringBuilder line, Exception? exception, string message)
    {
        if (exception is null)
            return;
        if (!message.Contains(exception.Message, StringComparison.Ordinal))
            Append(line, LogField.Error, exception.Message);
        Append(line, LogField.Cause, ExceptionSummary.Cause(exception));
        if (ExceptionSummary.Traceback(exception) is { } traceback)
            Append(line, LogField.Traceback, traceback);
    }

    private static void AppendCall(StringBuilder line, LogEvent logEvent, string key)
    {
        if (logEvent.Properties.TryGetValue(key, out var value) && !LogMessage.Shows(logEvent, key))
            Append(line, key, Text(value));
    }

    private static void Append(StringBuilder line, string key, string value)
    {
        line.Append(", ").Append(Key(key)).Append('=');
        var safe = ControlCharacters.Escape(value);
        if (safe.Length > 0 && !safe.AsSpan().ContainsAny(" \",="))
            line.Append(safe);
        else
            line.Append('"').Append(safe.Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
    }

    private static string Key(string key) =>
        ControlCharacters.Escape(key).Replace(' ', '_').Replace('=', '_');

    private static string Text(LogEventPropertyValue value) => value switch
    {
        ScalarValue { Value: string text } => text,
        ScalarValue { Value: null } => "null",
        _ => value.ToString(null, CultureInfo.InvariantCulture),
    };

    private static (string Name, string Colour) Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => ("CRIT ", "\e[1;31m"),
        LogEventLevel.Error => ("ERROR", "\e[1;31m"),
        LogEventLevel.Warning => ("WARN ", "\e[0;33m"),
        LogEventLevel.Information => ("INFO ", "\e[0;34m"),
        LogEventLevel.Debug => ("DEBUG", "\e[0;32m"),
        _ => ("TRACE", "\e[0;32m"),
    };
}
