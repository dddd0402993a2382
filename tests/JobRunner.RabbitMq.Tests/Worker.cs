using JobRunner.Execution;
using JobRunner.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.RabbitMq.Tests;

/// <summary>A host that works on the queues of its manifest, as <c>jobrunner run</c> starts it.</summary>
internal sealed class Worker : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly string _manifest;

    private Worker(WebApplication app, string manifest)
    {
        _app = app;
        _manifest = manifest;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Records = app.Services.GetRequiredService<ITaskStore>();
    }

    public HttpClient Http { get; }

    /// <summary>The host's own store.</summary>
    public ITaskStore Records { get; }

    /// <summary>Starts a host and waits until its job is ready.</summary>
    public static async Task<Worker> StartAsync(object job, string manifest)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, manifest);
        var app = JobServer.Build(
            JobSources.Of(job),
            new ServeOptions { Port = 0, Host = "127.0.0.1", ManifestPath = path },
            ["--Logging:LogLevel:Default=None"],
            services => services.AddRabbitMqQueues());
        await app.StartAsync();
        await app.Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(Patience);
        return new Worker(app, path);
    }

    /// <summary>Waits until a record has ended.</summary>
    public async Task<TaskRecord> EndAsync(string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await Records.GetAsync(id, cancellationToken) is { } record && record.Status.IsFinished()) return record;
            await Task.Delay(20, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!File.Exists(_manifest)) return;
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        File.Delete(_manifest);
    }
}
