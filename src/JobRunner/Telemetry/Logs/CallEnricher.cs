using Serilog.Core;
using Serilog.Events;

namespace JobRunner.Telemetry.Logs;

/// <summary>Adds the call's identity to every event logged while the call runs, on the thread that logs.</summary>
internal sealed class CallEnricher(bool withCallerName) : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        if (CallScope.Current is not { } call)
            return;
        if (!string.IsNullOrEmpty(call.TracingId))
            logEvent.AddOrUpdateProperty(new LogEventProperty(LogField.TracingId, new ScalarValue(call.TracingId)));
        if (withCallerName && !string.IsNullOrEmpty(call.CallerName))
            logEvent.AddOrUpdateProperty(new LogEventProperty(LogField.CallerName, new ScalarValue(call.CallerName)));
    }
}
