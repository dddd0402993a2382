using System.Collections.Concurrent;
using System.Text;
using JobRunner.Execution;
using JobRunner.Hosting;
using JobRunner.Queues;
using JobRunner.Tests.Execution;
using JobRunner.Tests.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Queues;

/// <summary>A host that works on one hooked queue in memory.</summary>
internal sealed class QueueHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _manifest;
    private readonly RecordedLog _log;

    private QueueHost(WebApplication app, string manifest, RecordedLog log, IJobQueue queue)
    {
        (_app, _manifest, _log, Queue) = (app, manifest, log, queue);
        Client = new HttpClient
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
    }

    /// <summary>The queue, as another process would see it.</summary>
    public IJobQueue Queue { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public IEnumerable<string> Log => _log.Lines;

    public static async Task<QueueHost> StartAsync(
        object job, QueueHooks hooks, string query = "", int maxConcurrency = 2, TimeProvider? time = null)
    {
        var url = $"memory:?queue=hooked{query}";
        var manifest = Path.GetTempFileName();
        await File.WriteAllTextAsync(manifest, $$"""
            jobtype_extra:
              max_concurrency: {{maxConcurrency}}
              shutdown_delay: 0
              shutdown_grace: 1
              store: "memory:"
              queues: [{url: "{{url}}"}]
            """);
        var log = new RecordedLog();
        var app = JobServer.Build(
            TestHost.SourceOf(job),
            new ServeOptions { Port = 0, Host = "127.0.0.1", ManifestPath = manifest },
            ["--Logging:LogLevel:Default=None"],
            services =>
            {
                if (time is not null)
                    services.AddSingleton(time);
                services.AddSingleton(hooks);
                services.AddSingleton<IJobQueueTransport, HookedTransport>();
                services.AddSingleton<ILoggerProvider>(log);
                services.Configure<LoggerFilterOptions>(filter =>
                    filter.AddFilter<RecordedLog>(typeof(QueueWork).FullName!, LogLevel.Debug));
            });
        await app.StartAsync();
        await app.Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(TestHost.Patience);
        var unhooked = app.Services.GetServices<IJobQueueTransport>().First(transport => transport is not HookedTransport);
        return new QueueHost(app, manifest, log, unhooked.Create(QueueOptions.FromUrl(url)));
    }

    public async Task<string> PutAsync(string body, string? endpoint = null, int priority = 0) => (await Queue.PutAsync(
        [new QueueMessage { Body = Encoding.UTF8.GetBytes(body), Endpoint = endpoint, Priority = priority }], CancellationToken.None))[0];

    public async Task<TaskRecord> RecordAsync(string id) => (await Queue.Store!.GetAsync(id, CancellationToken.None))!;

    public async Task<TaskRecord> BeginAsync(string id, Action meanwhile)
    {
        TaskRecord? record = null;
        await Eventually.TrueAsync(
            async () =>
            {
                meanwhile();
                return (record = await RecordAsync(id)).Status == TaskState.Running;
            },
            () => $"{record?.Status} {string.Join('\n', Log)}");
        return record!;
    }

    public async Task<TaskRecord> EndAsync(string id, Action? meanwhile = null)
    {
        TaskRecord? record = null;
        await Eventually.TrueAsync(
            async () =>
            {
                meanwhile?.Invoke();
                record = await RecordAsync(id);
                return record.Status is TaskState.Completed or TaskState.Failed or TaskState.Cancelled;
            },
            () => $"{record?.Status} {record?.Error} {string.Join('\n', Log)}");
        return record!;
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        File.Delete(_manifest);
    }

    private sealed class RecordedLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
            // There is nothing to give back.
        }
    }
}
