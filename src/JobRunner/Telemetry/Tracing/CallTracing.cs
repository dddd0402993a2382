using System.Diagnostics;
using JobRunner.Telemetry.Metrics;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Telemetry.Tracing;

/// <summary>
/// The spans of calls, one each, from an <see cref="ActivitySource"/> named <c>JobRunner</c>, with the attributes of
/// OpenTelemetry's HTTP and messaging conventions. While nobody listens nothing is allocated, and <c>traceparent</c>
/// is passed on as it came.
/// </summary>
internal static class CallTracing
{
    public const string SourceName = "JobRunner";
    public const string TraceParentHeader = "traceparent";
    public const string TraceStateHeader = "tracestate";

    private static readonly ActivitySource Source = new(SourceName, BuildInformation.Version);

    /// <summary>Whether anybody records spans.</summary>
    public static bool IsListening => Source.HasListeners();

    /// <summary>What to send as <c>traceparent</c> from within a call; null where there is no trace.</summary>
    public static string? CurrentTraceParent =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : CallScope.Current?.TraceParent;

    /// <summary>Starts the span of an HTTP call.</summary>
    /// <param name="request">The request; its <c>traceparent</c> and <c>tracestate</c> name the parent.</param>
    /// <param name="route">The route's template, below any prefix: <c>/api/v1/perform</c>.</param>
    public static CallSpan StartHttp(HttpRequest request, string route)
    {
        if (!Source.HasListeners())
            return default;

        var span = Start(
            $"{request.Method} {route}",
            ActivityKind.Server,
            request.Headers[TraceParentHeader],
            request.Headers[TraceStateHeader]);
        if (span.Activity is not { IsAllDataRequested: true } activity)
            return span;

        activity.SetTag("http.request.method", request.Method);
        activity.SetTag("http.route", route);
        activity.SetTag("url.scheme", request.Scheme);
        activity.SetTag("url.path", request.PathBase.Add(request.Path).Value);
        activity.SetTag("network.protocol.version", ProtocolVersion(request.Protocol));
        if (request.Host is { HasValue: true } host)
        {
            activity.SetTag("server.address", host.Host);
            activity.SetTag("server.port", host.Port ?? (request.IsHttps ? 443 : 80));
        }

        if (request.HttpContext.Connection.RemoteIpAddress is { } client)
            activity.SetTag("client.address", client.ToString());
        if (request.Headers.UserAgent.ToString() is { Length: > 0 } agent)
            activity.SetTag("user_agent.original", agent);
        return span;
    }

    /// <summary>Starts the span of a call that a message or a task carries.</summary>
    public static CallSpan StartMessage(in MessageFacts message)
    {
        if (!Source.HasListeners())
            return default;

        var span = Start(
            $"process {message.Destination}", ActivityKind.Consumer, message.TraceParent, message.TraceState);
        if (span.Activity is not { IsAllDataRequested: true } activity)
            return span;

        activity.SetTag("messaging.system", message.System);
        activity.SetTag("messaging.destination.name", message.Destination);
        activity.SetTag("messaging.operation.name", "process");
        activity.SetTag("messaging.operation.type", "process");
        activity.SetTag("messaging.message.id", message.Id);
        activity.SetTag("jobrunner.endpoint", message.Endpoint);
        activity.SetTag("jobrunner.attempt", message.Attempt);
        return span;
    }

    private static CallSpan Start(string name, ActivityKind kind, string? traceParent, string? traceState)
    {
        // An Activity that the web server made is not exported, and would be a parent that nobody can find.
        var outer = Activity.Current;
        Activity.Current = null;
        var parent = ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var sender) ? sender : default;
        var activity = Source.StartActivity(name, kind, parent);
        if (activity is not null)
            return new CallSpan(activity, outer);

        Activity.Current = outer;
        return default;
    }

    private static string? ProtocolVersion(string protocol) =>
        protocol.Split('/') is [_, var version] ? version : null;
}
