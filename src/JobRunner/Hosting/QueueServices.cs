using JobRunner.Queues;
using JobRunner.Queues.Embedded;
using JobRunner.Queues.Formats;
using JobRunner.Tasks;
using JobRunner.Tasks.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobRunner.Hosting;

/// <summary>Puts together what works on queues.</summary>
internal static class QueueServices
{
    public static void Add(IServiceCollection services, JobTypeExtra extra)
    {
        services.AddSingleton<IJobQueueTransport>(provider => new EmbeddedQueues(
            provider.GetRequiredService<EmbeddedTransport>(), extra.MaxInterruptions, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IMessageFormat, JobFormat>();
        services.AddSingleton<QueueTransports>();
        services.AddSingleton(provider => new JobQueueClients(provider.GetRequiredService<QueueTransports>()));
        services.TryAddSingleton(provider => provider.GetRequiredService<JobQueueClients>()
            .CreateForHost(provider.GetRequiredService<JobManifest>()));
        services.AddSingleton<QueueWork>();
        services.AddSingleton<IBrokerMessages>(provider => provider.GetRequiredService<QueueWork>());
        services.AddHostedService(provider => provider.GetRequiredService<QueueWork>());
    }

    /// <summary>Checks that every queue of the manifest can be worked on; part of loading the job.</summary>
    /// <exception cref="JobLoadException">A format or a transport is missing.</exception>
    public static void Check(IServiceProvider services, JobManifest manifest)
    {
        var formats = services.GetServices<IMessageFormat>().Select(format => format.Name).ToList();
        var transports = services.GetRequiredService<QueueTransports>();
        foreach (var queue in manifest.Extra.Queues)
        {
            if (!formats.Contains(queue.Format, StringComparer.Ordinal))
            {
                throw new JobLoadException(
                    $"The queue {queue.Url} has the format \"{queue.Format}\", which this host does not know; it knows {string.Join(", ", formats)}.");
            }

            transports.Check(queue.Url);
        }
    }
}
