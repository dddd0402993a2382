using System.Net;
using System.Text;
using System.Text.Json;
using JobRunner.Execution;
using JobRunner.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Hosting;

/// <summary>A host on a free port of this machine, in this process.</summary>
internal sealed class TestJobHost : IAsyncDisposable
{
    private readonly string _manifestPath;
    private readonly OwnStore _store;

    private TestJobHost(WebApplication app, string manifestPath, OwnStore store)
    {
        App = app;
        _store = store;
        _manifestPath = manifestPath;
        Client = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
    }

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public CallGate Gate => App.Services.GetRequiredService<CallGate>();

    public static async Task<TestJobHost> StartAsync(
        object job, string manifest = "", Action<IServiceCollection>? configure = null)
    {
        var path = Path.Combine(Path.GetTempPath(), $"job-{Guid.NewGuid():N}.yaml");
        var identity = manifest.StartsWith("name:", StringComparison.Ordinal) ? "" : "name: tested\nversion: 1.0.0\n";
        await File.WriteAllTextAsync(path, identity + manifest);
        var options = new ServeOptions { Host = "127.0.0.1", Port = 0, ManifestPath = path };
        var store = new OwnStore();
        if (!manifest.Contains("store:", StringComparison.Ordinal))
            configure += store.AddTo;
        var host = new TestJobHost(JobServer.Build(JobSources.Of(job), options, configure: configure), path, store);
        await host.App.StartAsync();
        host.Client.BaseAddress = new Uri(AddressOf(host.App));
        await host.App.Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(TimeSpan.FromSeconds(60));
        return host;
    }

    public static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public Task<HttpResponseMessage> CallAsync(
        string path = "/api/v1/perform", string payload = "{}", CancellationToken cancellationToken = default,
        params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, payload, cancellationToken, headers);

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, payload: null, CancellationToken.None, headers);

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? payload, CancellationToken cancellationToken,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (payload is not null)
            request.Content = new StringContent(payload, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
        File.Delete(_manifestPath);
        _store.Dispose();
    }
}

internal static class Answers
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(expected, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }
}
