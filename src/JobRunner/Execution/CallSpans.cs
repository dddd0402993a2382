using JobRunner.Telemetry.Tracing;

namespace JobRunner.Execution;

/// <summary>Starts the span of a call, by the conventions of what started it.</summary>
internal static class CallSpans
{
    private const string OwnTasks = "jobrunner";

    public static CallSpan Start(JobCall call) => call.HttpContext is { } http
        ? CallTracing.StartHttp(http.Request, $"/api/v1{call.Endpoint.Path}")
        : CallTracing.StartMessage(new MessageFacts
        {
            System = call.QueueSystem ?? OwnTasks,
            Destination = call.Queue ?? OwnTasks,
            Endpoint = call.Endpoint.Path,
            Id = call.TaskId ?? call.Id,
            Attempt = call.Attempt,
            TraceParent = call.TraceParent,
        });
}
