using JobRunner.Manifest;
using JobRunner.Queues;

namespace JobRunner;

/// <summary>Makes clients of queues, by URL: for URLs that are known only while the application runs. Whoever makes one
/// disposes it.</summary>
public sealed class JobQueueClients
{
    private readonly QueueTransports _transports;

    internal JobQueueClients(QueueTransports transports) => _transports = transports;

    /// <summary>Makes a client.</summary>
    /// <param name="url">URL of the queue, as in the manifest.</param>
    /// <exception cref="ManifestException">The URL is wrong; the message names the part.</exception>
    /// <exception cref="JobLoadException">No registered transport knows its scheme.</exception>
    public JobQueueClient Create(string url) => Create(QueueOptions.FromUrl(url));

    internal JobQueueClient Create(QueueOptions options)
    {
        var queue = _transports.CreateQueue(options);
        return new JobQueueClient(queue, queue.Store is null ? _transports.CreateStore(options.Url) : null);
    }

    /// <summary>Makes the client of the queue that a host works on.</summary>
    /// <exception cref="JobLoadException">The host works on none, or on several.</exception>
    internal JobQueueClient CreateForHost(JobManifest manifest) => manifest.Extra.Queues is [var only]
        ? Create(only)
        : throw new JobLoadException(
            $"A {nameof(JobQueueClient)} was asked for, but this host works on {manifest.Extra.Queues.Count} queues; say which one is meant: "
            + $"services.{nameof(JobQueueClientServiceCollectionExtensions.AddJobQueueClient)}(url).");
}
