using System.Net.Http.Json;
using System.Text.Json;
using JobRunner.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Samples.Tests;

/// <summary>A sample, served on a free port of this machine, ready for calls.</summary>
internal sealed class SampleServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SampleServer(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Serves the job class of a folder below <c>samples</c>.</summary>
    public static async Task<SampleServer> StartAsync<TJob>(string folder)
        where TJob : class
    {
        var options = new ServeOptions { Host = "127.0.0.1", Port = 0, ManifestPath = FileOf(folder, "job.yaml") };
        var app = JobServer.Build(JobSources.Of(typeof(TJob)), options, ["--Logging:LogLevel:Default=Warning"]);
        await app.StartAsync();
        await app.Services.GetRequiredService<Execution.ServedJob>().WhenReady.WaitAsync(TimeSpan.FromSeconds(30));
        return new SampleServer(app);
    }

    /// <summary>A file of a sample.</summary>
    public static string FileOf(string folder, string name) => Path.Combine(AppContext.BaseDirectory, "samples", folder, name);

    public Task<HttpResponseMessage> CallAsync(string path, object payload) =>
        Client.PostAsJsonAsync("/api/v1" + path, payload);

    /// <summary>Calls an endpoint that must succeed.</summary>
    public async Task<JsonElement> ResultOfAsync(string path, object payload)
    {
        using var response = await CallAsync(path, payload);
        var body = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(body);
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
