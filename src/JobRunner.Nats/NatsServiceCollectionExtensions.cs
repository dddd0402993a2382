using JobRunner.Nats;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace JobRunner;

/// <summary>Adds NATS to a host.</summary>
public static class NatsServiceCollectionExtensions
{
    /// <summary>
    /// Lets URLs of queues and of the store begin with <c>nats:</c> or <c>tls:</c>: JetStream and its buckets, or plain
    /// subscriptions with <c>mode=core</c>. Doing it twice is harmless.
    /// </summary>
    public static IServiceCollection AddNatsQueues(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<NatsTransport>(provider => new NatsTransport(
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetService<JobManifest>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobQueueTransport, NatsTransport>(
            static provider => provider.GetRequiredService<NatsTransport>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITaskStoreTransport, NatsTransport>(
            static provider => provider.GetRequiredService<NatsTransport>()));
        return services;
    }
}
