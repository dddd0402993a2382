using JobRunner.Http;
using JobRunner.Http.Access;
using JobRunner.Manifest;
using JobRunner.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Clients;

/// <summary>A job that calls, and a job that is called; each in a host of its own.</summary>
internal sealed class ChainedHosts : IAsyncDisposable
{
    public const string Token = "chain-token";

    private ChainedHosts(TestJobHost source, TestJobHost target) => (Source, Target) = (source, target);

    public TestJobHost Source { get; }

    public TestJobHost Target { get; }

    public JobClient Client => Source.App.Services.GetRequiredService<JobClient>();

    public static async Task<ChainedHosts> StartAsync(Func<JobClient, Task<object?>>? call = null)
    {
        var target = await TestJobHost.StartAsync(new TargetJob());
        return new ChainedHosts(await SourceAsync(target.Client.BaseAddress + "pub", call), target);
    }

    /// <summary>A host that reaches other jobs at a URL.</summary>
    public static async Task<TestJobHost> SourceAsync(string? pubUrl, Func<JobClient, Task<object?>>? call = null)
    {
        var job = new SourceJob(call);
        var host = await TestJobHost.StartAsync(job, "jobtype_extra: {store: 'memory:'}\n", services => services.AddSingleton(provider => new HttpSettings(
            provider.GetRequiredService<JobManifest>(),
            provider.GetRequiredService<JobIdentity>(),
            name => name switch { "PUB_URL" => pubUrl, "AUTH_TOKEN" => Token, _ => null },
            provider.GetRequiredService<AccessTokens>())));
        job.Client = host.App.Services.GetRequiredService<JobClient>();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Target.DisposeAsync();
    }

    public sealed class SourceJob(Func<JobClient, Task<object?>>? call)
    {
        internal JobClient? Client { get; set; }

        public Task<object?> PerformAsync() => call!(Client!);

        [JobEndpoint("/stream")]
        public async IAsyncEnumerable<object?> StreamAsync()
        {
            yield return await call!(Client!);
        }
    }

    public sealed class TargetJob
    {
        public Dictionary<string, string> Perform(HttpContext http) =>
            http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());

        [JobEndpoint("/add")]
        public Sum Add(double a, double b) => new(a + b);

        [JobEndpoint("/where")]
        public string Where(HttpContext http) => $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}";

        [JobEndpoint("/get", Method = "GET")]
        public string Get() => "got";

        [JobEndpoint("/fail")]
        public void Fail() => throw new ArgumentException("the number is odd");

        [JobEndpoint("/slow")]
        public Task SlowAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

        [JobEndpoint("/nothing")]
        public object? Nothing() => null;
    }

    public sealed record Sum(double Total);
}
