using JobRunner.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobRunner;

/// <summary>Adds Redis to an application.</summary>
public static class RedisServiceCollectionExtensions
{
    /// <summary>Lets queues, and the store of task records, be <c>redis:</c> and <c>rediss:</c> URLs. Calling it twice is
    /// harmless.</summary>
    /// <param name="services">Services of the application.</param>
    public static IServiceCollection AddRedisQueues(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobQueueTransport, RedisQueueTransport>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITaskStoreTransport, RedisStoreTransport>());
        return services;
    }
}
