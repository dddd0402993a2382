using System.Net;
using JobRunner.Http;
using JobRunner.Manifest;
using JobRunner.Tasks;
using JobRunner.Tasks.Embedded;
using JobRunner.Tasks.Endpoints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Hosting;

/// <summary>Puts together what carries out asynchronous calls.</summary>
internal static class TaskServices
{
    private static readonly TimeSpan FirstWebhookPause = TimeSpan.FromSeconds(1);

    /// <summary>Adds what must stop after the calls have; hosted services stop in reverse.</summary>
    public static void AddBeforeStop(IServiceCollection services)
    {
        services.AddSingleton<PollStop>();
        services.AddHostedService(provider => provider.GetRequiredService<PollStop>());
    }

    public static void Add(IServiceCollection services, JobTypeExtra extra)
    {
        services.AddSingleton<EmbeddedTransport>();
        services.AddSingleton<ITaskStoreTransport>(provider => provider.GetRequiredService<EmbeddedTransport>());
        services.AddSingleton(provider => StoreOf(provider, extra.Store));
        services.AddSingleton(new TaskSettings { Extra = extra });
        services.AddSingleton(_ => new TaskActivation(extra.Store));
        services.AddSingleton<RunningTasks>();
        services.AddSingleton<TaskExecution>();
        services.AddSingleton<TaskOutcomes>();
        services.AddSingleton<ILoggerProvider, TaskLog>();
        services.AddSingleton(_ => new WebhookTargets(
            extra.WebhookHosts, (host, cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken)));
        services.AddSingleton(provider => new Webhooks(
            provider.GetRequiredService<WebhookTargets>(),
            Environment.GetEnvironmentVariable(Webhooks.SecretVariable),
            FirstWebhookPause,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Webhooks>>()));
        services.AddSingleton<TaskIntake>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<TaskRoutes>();
        services.AddSingleton<IJobRoutes>(provider => provider.GetRequiredService<TaskRoutes>());
        services.AddSingleton<IAsyncCalls>(provider => provider.GetRequiredService<TaskRoutes>());
        services.AddSingleton<IJobRoutes, RacetrackTaskRoutes>();
        services.AddHostedService<LeaseRenewer>();
        services.AddHostedService<Sweeper>();
        services.AddHostedService<Janitor>();
        services.AddHostedService<DepthGauge>();
        services.AddHostedService<TaskRunner>();
    }

    /// <summary>Checks that the store is there and fits the deployment; part of loading the job.</summary>
    /// <exception cref="JobLoadException">It is not, or does not.</exception>
    public static void Check(IServiceProvider services, JobManifest manifest)
    {
        var url = manifest.Extra.Store;
        if (TransportOf(services, url) is null)
        {
            throw new JobLoadException(
                $"jobtype_extra.store is {url}, which this host has no transport for; add the package that knows {url.Scheme}:");
        }

        if (manifest.Replicas > 1 && url.Scheme is ("sqlite" or "memory"))
        {
            throw new JobLoadException(
                $"replicas is {manifest.Replicas}, but jobtype_extra.store is {url}, which only one machine sees: polls would "
                + "miss the tasks of other replicas. Name a shared store (redis: or nats:), or set replicas to 1.");
        }
    }

    // Without its transport the job does not load, and the store in memory stays empty.
    private static ITaskStore StoreOf(IServiceProvider services, QueueUrl url) =>
        TransportOf(services, url)?.Create(url)
        ?? services.GetRequiredService<EmbeddedTransport>().Create(QueueUrl.Parse("memory:"));

    private static ITaskStoreTransport? TransportOf(IServiceProvider services, QueueUrl url) =>
        services.GetServices<ITaskStoreTransport>().LastOrDefault(transport => transport.Schemes.Contains(url.Scheme, StringComparer.Ordinal));
}
