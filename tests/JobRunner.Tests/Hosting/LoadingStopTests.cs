using JobRunner.Hosting;
using JobRunner.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Hosting;

/// <summary>A host that is stopped while its job loads and heeds no token.</summary>
public sealed class LoadingStopTests
{
    private readonly RecordingLogger<LoadingStopTests> _log = new();

    [Fact]
    public async Task What_is_waited_for_is_said_at_once()
    {
        using var job = new Loading();
        await using var app = await StartAsync(job, "jobtype_extra: {shutdown_grace: 1h}");
        await job.Entered.WaitAsync(TimeSpan.FromSeconds(60));

        var stop = app.StopAsync();

        await Execution.Eventually.TrueAsync(
            () => _log.Lines.Any(line => line.Message.Contains("Loading.InitializeAsync runs; that may take 3600 s", StringComparison.Ordinal)),
            "nothing was said");
        stop.IsCompleted.ShouldBeFalse();
        job.Go();
        await stop.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task The_stop_ends_with_the_grace_period_and_says_so()
    {
        using var job = new Loading();
        await using var app = await StartAsync(job, "jobtype_extra: {shutdown_grace: 200ms}");
        await job.Entered.WaitAsync(TimeSpan.FromSeconds(60));

        await app.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));

        _log.Lines.ShouldContain(line =>
            line.Level == LogLevel.Warning && line.Message.Contains("had not loaded when the grace period was over", StringComparison.Ordinal));
    }

    private async Task<WebApplication> StartAsync(Loading job, string manifest)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, manifest);
        var app = JobServer.Build(
            JobSources.Of(job),
            new ServeOptions { Host = "127.0.0.1", Port = 0, ManifestPath = path },
            configure: services => services.AddSingleton<ILoggerProvider>(new Recorder(_log)));
        await app.StartAsync();
        File.Delete(path);
        return app;
    }

    private sealed class Recorder(ILogger logger) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => logger;

        public void Dispose()
        {
        }
    }

    internal sealed class Loading : IDisposable
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _go = new();

        public Task Entered => _entered.Task;

        public int Perform() => 1;

        public Task InitializeAsync(CancellationToken cancellationToken)
        {
            _entered.TrySetResult();
            _go.Wait(CancellationToken.None);
            return Task.CompletedTask;
        }

        public void Go() => _go.Set();

        public void Dispose() => _go.Set();
    }
}
