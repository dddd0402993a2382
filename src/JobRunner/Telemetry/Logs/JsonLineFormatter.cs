using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;

namespace JobRunner.Telemetry.Logs;

/// <summary>One JSON object a line, with the keys that existing log collectors read.</summary>
internal sealed class JsonLineFormatter : ITextFormatter
{
    // Escapes control characters and line separators, but neither quotes nor letters beyond ASCII.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            WriteLine(json, logEvent);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }

    private static void WriteLine(Utf8JsonWriter json, LogEvent logEvent)
    {
        var message = LogMessage.Render(logEvent);
        json.WriteString(
            LogField.Time,
            logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        json.WriteString(LogField.Level, Level(logEvent.Level));
        json.WriteString(LogField.Message, message);
        if (LogField.LoggerName(logEvent) is { } logger)
            json.WriteString(LogField.Logger, logger);
        foreach (var (key, value) in LogField.Of(logEvent))
        {
            json.WritePropertyName(key);
            JsonPropertyValue.Write(json, value);
        }

        if (logEvent.Exception is not { } exception)
            return;
        if (!message.Contains(exception.Message, StringComparison.Ordinal))
            json.WriteString(LogField.Error, exception.Message);
        json.WriteString(LogField.Cause, ExceptionSummary.Cause(exception));
        if (ExceptionSummary.Traceback(exception) is { } traceback)
            json.WriteString(LogField.Traceback, traceback);
    }

    private static string Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "CRITICAL",
        LogEventLevel.Error => "ERROR",
        LogEventLevel.Warning => "WARNING",
        LogEventLevel.Information => "INFO",
        LogEventLevel.Debug => "DEBUG",
        _ => "TRACE",
    };
}
