using Microsoft.AspNetCore.Http;
using Microsoft.Diagnostics.NETCore.Client;

namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// The routes of both profilers below a prefix: <c>POST memory/start</c>, <c>POST memory/stop</c>, <c>GET
/// memory/report</c>, <c>GET memory/flamegraph</c>, <c>GET memory/stats</c>, and the same for <c>cpu</c>.
/// </summary>
internal static class ProfilerEndpoints
{
    /// <summary>The routes of a host's profilers, their paths relative to where they are mapped.</summary>
    public static IEnumerable<ProfilerEndpoint> Of(JobProfiler profiler)
    {
        foreach (var session in profiler.Sessions)
        {
            yield return new("POST", $"{session.Name}/start", context => AnswerAsync(context, () => StartAsync(context, session)));
            yield return new("POST", $"{session.Name}/stop", context => AnswerAsync(context, () => StopAsync(context, session)));
            yield return new("GET", $"{session.Name}/report", context => AnswerAsync(context, () => ReportAsync(context, session)));
            yield return new("GET", $"{session.Name}/flamegraph", context => AnswerAsync(context, async () =>
                await WriteAsync(context, "text/html; charset=utf-8", FlameGraphPage.Write(await ReadAsync(context, session)))));
            yield return new("GET", $"{session.Name}/stats", context => AnswerAsync(context, async () =>
                await WriteAsync(context, "text/plain; charset=utf-8", ProfileStats.Write(await ReadAsync(context, session)))));
        }
    }

    private static async Task StartAsync(HttpContext context, ProfilerSession session)
    {
        await session.StartAsync(context.RequestAborted);
        await context.Response.WriteAsJsonAsync(new { profiler = session.Name, status = "started" });
    }

    private static async Task StopAsync(HttpContext context, ProfilerSession session)
    {
        var bytes = await session.StopAsync(context.RequestAborted);
        await context.Response.WriteAsJsonAsync(new { profiler = session.Name, status = "stopped", bytes });
    }

    private static async Task ReportAsync(HttpContext context, ProfilerSession session)
    {
        var report = await session.OpenReportAsync(context.RequestAborted);
        await Results.File(report, "application/octet-stream", $"{session.Name}.nettrace").ExecuteAsync(context);
    }

    private static Task<Profile> ReadAsync(HttpContext context, ProfilerSession session) =>
        session.ReadAsync(context.RequestAborted);

    private static Task WriteAsync(HttpContext context, string contentType, string text)
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static async Task AnswerAsync(HttpContext context, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (ProfilerConflictException e)
        {
            await RefuseAsync(context, StatusCodes.Status409Conflict, "the profiler is in another state", e.Message);
        }
        catch (DiagnosticsClientException e)
        {
            await RefuseAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "the profiler is not available",
                $"The .NET runtime's diagnostics cannot be reached: {e.Message} They need DOTNET_EnableDiagnostics not to be 0, and a folder for temporary files that can be written.");
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string error, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error, type = "ProfilerError", detail });
    }
}

/// <summary>One route of the profilers.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path below their common prefix, without a leading slash.</param>
/// <param name="Handler">What answers.</param>
internal sealed record ProfilerEndpoint(string Method, string Path, RequestDelegate Handler);
