using JobRunner.Telemetry.Logs;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace JobRunner.Telemetry.Tracing;

/// <summary>Adds the call's identity to exported log records, as <see cref="CallEnricher"/> does to lines.</summary>
internal sealed class CallAttributes : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (CallScope.Current is not { } call || (call.TracingId ?? call.CallerName) is null)
            return;

        var attributes = new List<KeyValuePair<string, object?>>(data.Attributes ?? []);
        if (call.TracingId is not null)
            attributes.Add(new(LogField.TracingId, call.TracingId));
        if (call.CallerName is not null)
            attributes.Add(new(LogField.CallerName, call.CallerName));
        data.Attributes = attributes;
    }
}
