using Shouldly;
using System.Net;
using System.Text;
using JobRunner.Execution;
using JobRunner.Hosting;
using JobRunner.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Http;

/// <summary>A job served by the real server on a free port.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly string? _manifest;
    private readonly OwnStore _store;

    private TestHost(WebApplication app, string? manifest, OwnStore store)
    {
        _store = store;
        _app = app;
        _manifest = manifest;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = Address,
            Timeout = Patience,
        };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Serves a job and waits until it is ready.</summary>
    public static async Task<TestHost> ServeAsync(object job, string? manifest = null)
    {
        var host = await StartAsync(SourceOf(job), manifest);
        await host.Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(Patience);
        return host;
    }

    /// <summary>A class that the host creates, or an instance.</summary>
    public static JobSource SourceOf(object job) => job is Type type ? JobSources.Of(type) : JobSources.Of(job);

    /// <summary>Starts a host and does not wait for its job.</summary>
    public static async Task<TestHost> StartAsync(JobSource source, string? manifest = null)
    {
        string? path = null;
        if (manifest is not null)
        {
            path = Path.GetTempFileName();
            await File.WriteAllTextAsync(path, manifest);
        }

        var store = new OwnStore();
        var app = JobServer.Build(
            source,
            new ServeOptions { Port = 0, Host = "127.0.0.1", ManifestPath = path },
            ["--Logging:LogLevel:Default=None"],
            manifest?.Contains("store:", StringComparison.Ordinal) == true ? null : store.AddTo);
        await app.StartAsync();
        return new TestHost(app, path, store);
    }

    /// <summary>What <c>/live</c> says is wrong with a class, once loading it has failed.</summary>
    public static async Task<string> LoadErrorOfAsync(object job)
    {
        await using var host = await StartAsync(SourceOf(job));
        var served = host.Services.GetRequiredService<ServedJob>();
        await ((Task)served.WhenReady.WaitAsync(Patience)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return served.Error.ShouldNotBeNull($"{job} was loaded");
    }

    /// <summary>Posts JSON below <c>/api/v1</c>.</summary>
    public Task<Answer> CallAsync(string path, string? json) => SendAsync(new HttpRequestMessage(HttpMethod.Post, $"/api/v1{path}")
    {
        Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"),
    });

    public Task<Answer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        return new Answer(
            response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.ToString(), response.Headers, response.Content.Headers);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        if (_manifest is not null)
            File.Delete(_manifest);
        _store.Dispose();
    }
}

/// <summary>What a client saw.</summary>
internal sealed record Answer(
    HttpStatusCode StatusCode,
    string Body,
    string? ContentType,
    System.Net.Http.Headers.HttpResponseHeaders Headers,
    System.Net.Http.Headers.HttpContentHeaders ContentHeaders)
{
    public int Status => (int)StatusCode;

    public System.Text.Json.Nodes.JsonNode Json => System.Text.Json.Nodes.JsonNode.Parse(Body)!;

    public string Error => (string)Json["error"]!;
}
