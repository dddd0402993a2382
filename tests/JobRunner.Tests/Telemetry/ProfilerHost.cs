using System.Net;
using JobRunner.Telemetry.Profiler;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;

namespace JobRunner.Tests.Telemetry;

/// <summary>A server with the profiler's routes, in the test's process.</summary>
internal sealed class ProfilerHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly JobProfiler _profiler = new();

    private ProfilerHost(WebApplication app) => _app = app;

    public HttpClient Client { get; private set; } = new();

    public static async Task<ProfilerHost> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var host = new ProfilerHost(builder.Build());
        foreach (var endpoint in ProfilerEndpoints.Of(host._profiler))
            host._app.MapMethods($"/api/v1/profiler/{endpoint.Path}", [endpoint.Method], endpoint.Handler);
        await host._app.StartAsync();
        host.Client = new HttpClient { BaseAddress = new Uri(host._app.Urls.Single() + "/api/v1/profiler/") };
        return host;
    }

    public async Task<string> PostAsync(string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await Client.PostAsync(path, null);
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(expected, body);
        return body;
    }

    public async Task<string> GetAsync(string path, string mediaType, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await Client.GetAsync(path);
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(expected, body);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(mediaType);
        return body;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await _profiler.DisposeAsync();
    }
}
