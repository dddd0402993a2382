using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Diagnostics.NETCore.Client;

namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// The routes of both profilers below a prefix: <c>POST memory/start</c>, <c>POST memory/stop</c>, <c>GET
/// memory/report</c>, <c>GET memory/flamegraph</c>, <c>GET memory/stats</c>, and the same for <c>cpu</c>.
/// </summary>
internal static class ProfilerEndpoints
{
    /// <param name="endpoints">Receives the routes.</param>
    /// <param name="prefix">The path they are below: <c>/api/v1/profiler</c>.</param>
    /// <param name="profiler">The profilers; the caller disposes them.</param>
    /// <returns>The group, for access rules to be put on.</returns>
    public static RouteGroupBuilder MapProfiler(
        this IEndpointRouteBuilder endpoints, string prefix, JobProfiler profiler)
    {
        var group = endpoints.MapGroup(prefix);
        foreach (var session in profiler.Sessions)
        {
            var routes = group.MapGroup(session.Name);
            routes.MapPost("start", context => AnswerAsync(context, () => StartAsync(context, session)));
            routes.MapPost("stop", context => AnswerAsync(context, () => StopAsync(context, session)));
            routes.MapGet("report", context => AnswerAsync(context, () => ReportAsync(context, session)));
            routes.MapGet("flamegraph", context => AnswerAsync(context, async () =>
                await WriteAsync(context, "text/html; charset=utf-8", FlameGraphPage.Write(await ReadAsync(context, session)))));
            routes.MapGet("stats", context => AnswerAsync(context, async () =>
                await WriteAsync(context, "text/plain; charset=utf-8", ProfileStats.Write(await ReadAsync(context, session)))));
        }

        return group;
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
