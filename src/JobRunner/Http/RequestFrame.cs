using JobRunner.Telemetry;
using JobRunner.Telemetry.Logs;
using JobRunner.Telemetry.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobRunner.Http;

/// <summary>What happens around every request: counting, logging, and an answer whatever goes wrong.</summary>
internal sealed partial class RequestFrame(
    JobInstruments instruments, HttpSettings settings, TimeProvider time, ILogger<RequestFrame> logger)
{
    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        instruments.HttpRequestStarted();
        var started = time.GetTimestamp();
        using var scope = BeginScope(http);
        var (method, path) = (http.Request.Method, JobPaths.TargetOf(http.Request));
        var isProbe = AccessLog.IsProbe(method, path.AsSpan(JobPaths.PrefixOf(http.Request).Value?.Length ?? 0));
        AccessLog.Arrived(logger, method, path, isProbe);
        try
        {
            await next(http);
            Explain(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            if (!http.Response.HasStarted)
                http.Response.StatusCode = JobOutcome.ClientClosedRequest;
        }
        catch (Exception exception)
        {
            Fail(http, exception);
        }

        AccessLog.Answered(logger, method, path, http.Response.StatusCode, isProbe);
        instruments.HttpRequestEnded(time.GetElapsedTime(started).TotalSeconds);
    }

    // Every line written while the request is answered names its caller, the job's own lines included.
    private CallScope? BeginScope(HttpContext http)
    {
        var headers = http.Request.Headers;
        string? tracing = headers[settings.TracingHeader];
        var caller = settings.CallerOf(http);
        string? parent = headers.TraceParent;
        string? predecessor = headers[JobHeaders.Predecessor];
        return tracing is null && caller is null && parent is null && predecessor is null
            ? null
            : CallScope.Begin(new CallIdentity(tracing, caller, TraceParent: parent) { PredecessorId = predecessor });
    }

    // Routing refuses with a bare status.
    private static void Explain(HttpContext http)
    {
        var response = http.Response;
        if (response.HasStarted || response.ContentType is not null || response.ContentLength is not null)
            return;
        if (response.StatusCode == StatusCodes.Status404NotFound)
            Refusals.NotFound(http);
        else if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
            Refusals.MethodNotAllowed(http);
    }

    private void Fail(HttpContext http, Exception exception)
    {
        instruments.HttpServerError();
        RequestFailed(logger, exception);
        if (http.Response.HasStarted)
            http.Abort();
        else
            ErrorResponse.Write(http, StatusCodes.Status500InternalServerError, JobFailure.Of(exception));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request could not be answered")]
    private static partial void RequestFailed(ILogger logger, Exception exception);
}
