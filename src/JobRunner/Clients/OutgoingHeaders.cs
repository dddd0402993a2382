using JobRunner.Http;
using JobRunner.Telemetry;
using JobRunner.Telemetry.Tracing;

namespace JobRunner.Clients;

/// <summary>The headers of a chained call: this job's token, and what of the current call goes on with it. What the
/// current call lacks is not sent.</summary>
internal sealed class OutgoingHeaders(HttpSettings settings)
{
    private const string TokenVariable = "AUTH_TOKEN";

    public void AddTo(HttpRequestMessage request)
    {
        Add(request, JobHeaders.Auth, settings.Environment(TokenVariable));
        if (CallTracing.CurrentTraceParent is { } parent)
            Add(request, CallTracing.TraceParentHeader, parent);
        if (CallScope.Current is not { } call)
            return;
        Add(request, settings.TracingHeader, call.TracingId);
        Add(request, settings.CallerHeader, call.CallerName);
        Add(request, JobHeaders.Predecessor, call.PredecessorId);
    }

    private static void Add(HttpRequestMessage request, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            request.Headers.TryAddWithoutValidation(name, value);
    }
}
