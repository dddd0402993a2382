using JobRunner.Execution;
using JobRunner.Hosting;
using JobRunner.Clients;
using JobRunner.Http;
using JobRunner.Http.Access;
using JobRunner.Telemetry;
using JobRunner.Telemetry.Metrics;
using JobRunner.Telemetry.Profiler;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner;

/// <summary>Adds a job to an application.</summary>
public static class JobServiceCollectionExtensions
{
    /// <summary>Adds a job class to an application; <see cref="JobEndpointRouteBuilderExtensions.MapJob"/> serves
    /// it.</summary>
    /// <param name="services">Services of the application.</param>
    /// <param name="configure">Sets options.</param>
    /// <typeparam name="TJob">A class with a public <c>Perform</c> or <c>PerformAsync</c> method.</typeparam>
    /// <exception cref="InvalidOperationException">There is a job already; an application serves one.</exception>
    public static IServiceCollection AddJob<TJob>(this IServiceCollection services, Action<JobOptions>? configure = null)
        where TJob : class
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new JobOptions();
        configure?.Invoke(options);
        var source = JobSources.Of(typeof(TJob));
        return services.AddJob(source, JobSettings.Read(options, source.Directory));
    }

    internal static IServiceCollection AddJob(this IServiceCollection services, JobSource source, JobSettings settings)
    {
        if (services.Any(service => service.ServiceType == typeof(JobSource)))
            throw new InvalidOperationException("There is a job already; an application serves one.");
        services.AddSingleton(source);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Manifest);
        services.AddSingleton(settings.Identity);
        AddAccess(services, settings);
        services.AddJobClient();
        services.AddSingleton(ConfigureClass(services, source));
        services.TryAddSingleton(TimeProvider.System);
        services.AddHttpClient();
        services.AddRouting();
        AddExecution(services, settings.Manifest.Extra);
        AddRoutes(services);
        TaskServices.AddBeforeStop(services);
        services.AddSingleton<JobStop>();
        services.AddHostedService(provider => provider.GetRequiredService<JobStop>());
        services.AddHostedService<JobLoader>();
        TaskServices.Add(services, settings.Manifest.Extra);
        QueueServices.Add(services, settings.Manifest.Extra);
        services.Configure<HostOptions>(host =>
        {
            var needed = JobStop.LongestStop(settings);
            host.ShutdownTimeout = host.ShutdownTimeout > needed ? host.ShutdownTimeout : needed;
        });
        return services;
    }

    private static void AddExecution(IServiceCollection services, JobTypeExtra extra)
    {
        services.AddSingleton<ServedJob>();
        services.AddSingleton<InlineCalls>();
        services.AddSingleton<BlockingThreads>();
        services.AddSingleton<JobHealth>();
        services.AddSingleton(_ => new CallGate(extra.MaxConcurrency, extra.MaxConcurrencyQueue));
        services.AddSingleton(provider =>
        {
            var instruments = new JobInstruments(provider.GetRequiredService<TimeProvider>());
            var gate = provider.GetRequiredService<CallGate>();
            instruments.ObserveGate(new GateReadings(() => gate.InFlight, () => gate.Waiting, () => gate.Stuck));
            return instruments;
        });
        services.AddSingleton<MetricsExposition>();
    }

    private static void AddAccess(IServiceCollection services, JobSettings settings)
    {
        services.AddSingleton(provider => new AccessTokens(
            Environment.GetEnvironmentVariable,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<AccessTokens>>()));
        services.AddSingleton(provider => new HttpSettings(
            settings.Manifest, settings.Identity, Environment.GetEnvironmentVariable, provider.GetRequiredService<AccessTokens>()));
        services.AddSingleton<AccessControl>();
    }

    private static void AddRoutes(IServiceCollection services)
    {
        services.AddSingleton<RequestFrame>();
        services.AddSingleton<IJobRoutes, HealthRoutes>();
        services.AddSingleton<IJobRoutes, MetricsRoutes>();
        services.AddSingleton<IJobRoutes, RootRoutes>();
        services.AddSingleton<IJobRoutes, DocsRoutes>();
        services.AddSingleton<IJobRoutes, WebviewRoutes>();
        if (EnvironmentFlag.IsOn(Environment.GetEnvironmentVariable(JobProfiler.EnabledKey)))
        {
            services.AddSingleton<JobProfiler>();
            services.AddSingleton<IJobRoutes, ProfilerRoutes>();
        }

        services.AddSingleton<IJobRoutes>(provider => new StaticRoutes(
            provider.GetRequiredService<ServedJob>(),
            provider.GetRequiredService<HttpSettings>(),
            provider.GetRequiredService<ILogger<StaticRoutes>>()));
    }

    // What goes wrong here belongs to the job: the host shall run and say so.
    private static ClassServicesFailure ConfigureClass(IServiceCollection services, JobSource source)
    {
        if (source is not JobSource.Class known)
            return new ClassServicesFailure(Cause: null);
        try
        {
            JobClassServices.Configure(known.Type, services, ConfigurationOf(services));
            return new ClassServicesFailure(Cause: null);
        }
        catch (Exception exception)
        {
            return new ClassServicesFailure(exception);
        }
    }

    private static IConfiguration ConfigurationOf(IServiceCollection services)
    {
        var registered = services.LastOrDefault(service => service.ServiceType == typeof(IConfiguration));
        if (registered?.ImplementationInstance is IConfiguration instance)
            return instance;

        // The application builders register a factory that needs no provider.
        using var empty = new ServiceCollection().BuildServiceProvider();
        return registered?.ImplementationFactory?.Invoke(empty) as IConfiguration
            ?? new ConfigurationBuilder().AddEnvironmentVariables().Build();
    }
}
