using JobRunner.Execution;
using JobRunner.Http;
using JobRunner.Jobs;
using JobRunner.Telemetry.Metrics;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Hosting;

/// <summary>Creates the job in the background, while the server answers probes already.</summary>
internal sealed partial class JobLoader(
    JobSource source,
    JobSettings settings,
    ServedJob served,
    CallGate gate,
    JobStop stop,
    JobInstruments instruments,
    MetricsExposition exposition,
    InlineCalls inline,
    BlockingThreads threads,
    TimeProvider time,
    ClassServicesFailure servicesFailure,
    IServiceProvider services,
    ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan LongestDispose = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger<JobLoader>();
    private readonly ILogger _calls = loggers.CreateLogger<JobPipeline>();
    private readonly CancellationTokenSource _stopping = new();
    private ServiceProvider? _ownServices;
    private object? _instance;
    private Task _loading = Task.CompletedTask;
    private bool _isDisposed;
    private volatile string _step = "its class is being loaded";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var warning in settings.Warnings)
            Warn(_logger, warning);

        // A constructor may take minutes, and hold its thread all that time.
        _loading = Task.Factory.StartNew(
            LoadAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Some hosts stop their services only after they have disposed them.
        if (_isDisposed)
            return;
        await _stopping.CancelAsync();
        if (_loading.IsCompleted)
            return;
        var grace = settings.Manifest.Extra.ShutdownGrace;
        StillLoading(_logger, _step, grace.TotalSeconds);
        await _loading.WaitAsync(grace, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_loading.IsCompleted)
            NeverLoaded(_logger, _step);
    }

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        _stopping.Dispose();
        try
        {
            // The job's own code: it may throw, and it may hold the thread for ever.
            await Task.Run(DisposeJobAsync).WaitAsync(LongestDispose, time);
        }
        catch (Exception exception)
        {
            NotDisposed(_logger, exception);
        }
    }

    private async Task DisposeJobAsync()
    {
        try
        {
            if (source is JobSource.Instance)
                return;
            if (_instance is IAsyncDisposable asynchronous)
                await asynchronous.DisposeAsync();
            else if (_instance is IDisposable synchronous)
                synchronous.Dispose();
        }
        finally
        {
            if (_ownServices is not null)
                await _ownServices.DisposeAsync();
        }
    }

    private async Task LoadAsync()
    {
        try
        {
            var job = await CreateAsync(_stopping.Token);
            foreach (var warning in job.Definition.Warnings)
                Warn(_logger, warning);
            Publish(job);
            foreach (var warning in HiddenPaths.Of(job.Definition, services.GetServices<IJobRoutes>()))
                Warn(_logger, warning);
            Ready(_logger, job.Definition.JobType.FullName ?? job.Definition.JobType.Name);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The host stops before the job was there.
        }
        catch (Exception exception)
        {
            var error = LoadError.Describe(exception);
            served.SetFailed(error, exception);
            if (JobErrors.Unwrap(exception) is JobLoadException or ManifestException)
                Failed(_logger, error);
            else
                Crashed(_logger, JobFailure.Of(exception).Cause!, error);
        }
    }

    private async Task<LoadedJob> CreateAsync(CancellationToken cancellationToken)
    {
        if (settings.Error is { } manifestError)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(manifestError);
        if (servicesFailure.Cause is { } cause)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        var (provider, documentation) = (services, (XmlDocumentation?)null);
        switch (source)
        {
            case JobSource.Instance given:
                _instance = given.Job;
                break;
            case JobSource.Class known:
                _instance = Construct(provider, known.Type);
                break;
            case JobSource.Late late:
                var loaded = await late.LoadAsync(cancellationToken);
                documentation = XmlDocumentation.Parse(loaded.XmlDocumentation);
                provider = _ownServices = OwnServices(loaded.Type);
                _instance = Construct(provider, loaded.Type);
                break;
        }

        _step = $"{_instance!.GetType().Name}.InitializeAsync runs";
        await InitializeAsync(_instance, cancellationToken);
        _step = "its endpoints are being looked at";
        var extra = settings.Manifest.Extra;
        var definition = JobDefinition.Create(
            _instance, extra.NamedFloats, extra.UnknownArguments == UnknownArguments.Ignore, documentation);
        var job = new LoadedJob(_instance, definition, provider);
        ExecutorChoice.Check(definition, settings.Manifest);
        TaskServices.Check(services, settings.Manifest);
        QueueServices.Check(services, settings.Manifest);
        StaticRoutes.Check(job, settings.Manifest);
        RouteCheck.Check(definition, services.GetRequiredService<IInlineConstraintResolver>());
        return job with { Webview = WebviewRoutes.CreateApp(job, settings.Identity) };
    }

    private object Construct(IServiceProvider provider, Type type)
    {
        if (type.GetConstructors().Length == 0)
        {
            throw new JobLoadException(
                $"{type.FullName} has no public constructor; make one public, or create the job yourself and hand it over with "
                + "JobHost.ServeJobInstance.");
        }

        _step = $"the constructor of {type.Name} runs";
        return ActivatorUtilities.CreateInstance(provider, type);
    }

    private void Publish(LoadedJob job)
    {
        foreach (var endpoint in job.Definition.Endpoints)
            endpoint.Tag = instruments.DeclareEndpoint(endpoint.Path);
        if (job.Definition.Metrics is { } metrics)
            exposition.UseJobMetrics(() => (IEnumerable<JobMetric?>?)OptionalMembers.Invoke(job.Instance, metrics));
        var executor = new InProcessExecutor(job, loggers.CreateLogger(job.Definition.JobType), inline, threads);
        served.SetLoaded(job, new JobPipeline(gate, executor, instruments, time, _calls, stop.Forced));
    }

    // A class that is only known now cannot add to the host's services; it gets a provider of its own.
    private ServiceProvider OwnServices(Type type)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var own = new ServiceCollection();
        own.AddSingleton(loggers);
        own.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        own.AddSingleton(configuration);
        own.AddSingleton(settings.Manifest);
        own.AddSingleton(services.GetRequiredService<JobClient>());
        own.AddSingleton(services.GetRequiredService<JobQueueClients>());
        own.AddSingleton(_ => services.GetRequiredService<JobQueueClients>().CreateForHost(settings.Manifest));
        own.AddSingleton(time);
        own.AddSingleton(services.GetRequiredService<IHostEnvironment>());
        own.AddSingleton(services.GetRequiredService<Microsoft.AspNetCore.Hosting.IWebHostEnvironment>());
        own.AddSingleton(services.GetRequiredService<IHostApplicationLifetime>());
        own.AddOptions();
        own.AddHttpClient();
        own.AddRouting();
        own.TryAddSingleton(services.GetRequiredService<System.Diagnostics.DiagnosticListener>());
        JobClassServices.Configure(type, own, configuration);
        return own.BuildServiceProvider();
    }

    private static async Task InitializeAsync(object job, CancellationToken cancellationToken)
    {
        if (OptionalMembers.Find(job.GetType(), "InitializeAsync", typeof(CancellationToken)) is not { } method)
            return;
        switch (OptionalMembers.Invoke(job, method, cancellationToken))
        {
            case Task task:
                await task;
                break;
            case ValueTask task:
                await task;
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping while the job is still loading: {Step}; that may take {Seconds} s to end")]
    private static partial void StillLoading(ILogger logger, string step, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The job had not loaded when the grace period was over ({Step}); the host ends without it")]
    private static partial void NeverLoaded(ILogger logger, string step);

    [LoggerMessage(Level = LogLevel.Error, Message = "The job could not be disposed")]
    private static partial void NotDisposed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private static partial void Warn(ILogger logger, string warning);

    [LoggerMessage(Level = LogLevel.Information, Message = "The job {Job} is ready")]
    private static partial void Ready(ILogger logger, string job);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error}")]
    private static partial void Failed(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error}")]
    private static partial void Crashed(ILogger logger, Exception exception, string error);
}

/// <summary>What a class's <c>ConfigureServices</c> threw while the host was built; told once the host runs.</summary>
internal sealed record ClassServicesFailure(Exception? Cause);
