using JobRunner.Hosting;
using JobRunner.Manifest;
using JobRunner.Queues;
using JobRunner.Queues.Embedded;
using JobRunner.Tasks.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobRunner;

/// <summary>Makes clients of queues, by URL.</summary>
public sealed class JobQueueClients
{
    private readonly QueueTransports _transports;

    internal JobQueueClients(QueueTransports transports) => _transports = transports;

    /// <summary>Makes a client.</summary>
    /// <param name="url">URL of the queue, as in the manifest.</param>
    /// <exception cref="ManifestException">The URL is wrong; the message names the part.</exception>
    /// <exception cref="JobLoadException">No registered transport knows its scheme.</exception>
    public JobQueueClient Create(string url)
    {
        var options = QueueOptions.FromUrl(url);
        var queue = _transports.CreateQueue(options);
        return new JobQueueClient(queue, queue.Store is null ? _transports.CreateStore(options.Url) : null);
    }
}

/// <summary>Adds clients of queues to an application that hosts no job.</summary>
public static class JobQueueClientServiceCollectionExtensions
{
    /// <summary>Adds <see cref="JobQueueClients"/>, with the embedded queues; other transports are added beside it, as
    /// <c>AddRedisQueues()</c> does.</summary>
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
