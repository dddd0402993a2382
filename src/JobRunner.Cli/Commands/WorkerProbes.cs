using JobRunner.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobRunner.Cli.Commands;

/// <summary>The probes of several worker processes, which their parent serves.</summary>
internal static class WorkerProbes
{
    /// <summary>Starts serving; nothing where there is no port.</summary>
    public static async Task<IAsyncDisposable?> StartAsync(int? port, string? host, Func<bool> areAllUp)
    {
        if (port is not > 0)
            return null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => JobServer.Listen(kestrel, host ?? ServeOptions.DefaultHost, port.Value));
        var app = builder.Build();
        app.MapGet("/live", () => Results.Json(new { live = true }));
        app.MapGet("/ready", () => Results.Json(new { ready = areAllUp() }, statusCode: areAllUp() ? 200 : 500));
        app.MapGet("/health", () => Results.Json(
            new { service = "job", live = true, ready = areAllUp(), status = areAllUp() ? "pass" : "fail" },
            statusCode: areAllUp() ? 200 : 500));
        try
        {
            await app.StartAsync();
        }
        catch (IOException exception)
        {
            await app.DisposeAsync();
            throw new JobLoadException($"The server cannot start: {exception.Message} Choose another place with --port or --host.", exception);
        }

        return app;
    }
}
