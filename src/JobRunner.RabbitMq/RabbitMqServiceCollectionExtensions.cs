using JobRunner.RabbitMq;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobRunner;

/// <summary>Adds RabbitMQ to an application.</summary>
public static class RabbitMqServiceCollectionExtensions
{
    /// <summary>Lets queues be <c>amqp:</c> and <c>amqps:</c> URLs. Calling it twice is harmless.</summary>
    /// <param name="services">Services of the application.</param>
    public static IServiceCollection AddRabbitMqQueues(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobQueueTransport, RabbitQueueTransport>());
        return services;
    }
}
