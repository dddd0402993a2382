using JobRunner.Manifest;
using JobRunner.Queues;
using JobRunner.Queues.Embedded;
using JobRunner.Tasks.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobRunner;

/// <summary>Adds clients of queues to any application, whether it hosts a job or not. The embedded queues are there;
/// other transports are added beside them, as <c>AddRedisQueues()</c> does.</summary>
public static class JobQueueClientServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="JobQueueClient"/>, which any class of the application can take in its constructor. It
    /// connects when it is first used, and is disposed with the application's services.</summary>
    /// <param name="services">Services of the application.</param>
    /// <param name="url">URL of the queue, as in the manifest.</param>
    /// <exception cref="ManifestException">The URL is wrong; the message names the part.</exception>
    public static IServiceCollection AddJobQueueClient(this IServiceCollection services, string url)
    {
        var options = QueueOptions.FromUrl(url);
        return services.AddJobQueueClients().AddSingleton(provider => provider.GetRequiredService<JobQueueClients>().Create(options));
    }

    /// <summary>Adds one of several <see cref="JobQueueClient"/>s; a class takes it as
    /// <c>[FromKeyedServices(key)] JobQueueClient</c>.</summary>
    /// <param name="services">Services of the application.</param>
    /// <param name="serviceKey">What tells it from others.</param>
    /// <param name="url">URL of the queue, as in the manifest.</param>
    /// <exception cref="ManifestException">The URL is wrong; the message names the part.</exception>
    public static IServiceCollection AddKeyedJobQueueClient(this IServiceCollection services, object serviceKey, string url)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        var options = QueueOptions.FromUrl(url);
        return services.AddJobQueueClients().AddKeyedSingleton(
            serviceKey, (provider, _) => provider.GetRequiredService<JobQueueClients>().Create(options));
    }

    /// <summary>Adds <see cref="JobQueueClients"/>, which makes clients by URL.</summary>
    /// <param name="services">Services of the application.</param>
    public static IServiceCollection AddJobQueueClients(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<EmbeddedTransport>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobQueueTransport, EmbeddedQueues>(provider => new EmbeddedQueues(
            provider.GetRequiredService<EmbeddedTransport>(),
            JobManifest.Empty.Extra.MaxInterruptions,
            provider.GetRequiredService<TimeProvider>())));
        services.TryAddSingleton<QueueTransports>();
        services.TryAddSingleton(provider => new JobQueueClients(provider.GetRequiredService<QueueTransports>()));
        return services;
    }
}
