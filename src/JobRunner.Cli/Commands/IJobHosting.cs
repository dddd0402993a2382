using JobRunner.Cli.Loading;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary>A job, and what a command line may set about it.</summary>
/// <param name="Loader">What loads the class.</param>
/// <param name="Directory">Where the job lives.</param>
/// <param name="ManifestPath">The manifest; null is the one in the job's folder.</param>
internal sealed record HostedJob(JobLoader Loader, string Directory, string? ManifestPath);

/// <summary>How queues are worked on.</summary>
/// <param name="Queues">Their URLs.</param>
/// <param name="Format">Form of their messages where a URL does not say; null is the default.</param>
/// <param name="Concurrency">Calls at once; null for the manifest's, else the number of cores.</param>
/// <param name="IsBurst">Whether to end when they are empty.</param>
/// <param name="Port">Port of probes and metrics; null or 0 for none.</param>
/// <param name="Host">Address that the port is on; null is the default.</param>
internal sealed record QueueWorkOptions(
    IReadOnlyList<string> Queues, string? Format, int? Concurrency, bool IsBurst, int? Port, string? Host);

/// <summary>What the commands want of the library: parsing a command line needs no server.</summary>
internal interface IJobHosting
{
    /// <summary>Serves a job until the process is asked to end, also while the job fails to load.</summary>
    /// <param name="job">The job.</param>
    /// <param name="port">The port, 0 for a free one; null is the default.</param>
    /// <param name="host">The address; null is the default.</param>
    /// <param name="queues">URLs of queues to work on, beside those of the manifest.</param>
    /// <param name="cancellationToken">Ends serving.</param>
    Task ServeAsync(HostedJob job, int? port, string? host, IReadOnlyList<string> queues, CancellationToken cancellationToken);

    /// <summary>Works on queues without taking calls over HTTP.</summary>
    /// <param name="job">The job.</param>
    /// <param name="work">How.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="JobLoadException">The job does not load.</exception>
    /// <exception cref="UsageException">There is no queue to work on.</exception>
    Task WorkAsync(HostedJob job, QueueWorkOptions work, CancellationToken cancellationToken);

    /// <summary>Makes a client of a queue.</summary>
    JobQueueClient CreateClient(string url);

    /// <summary>Loads a job as serving it would, and tells what was found.</summary>
    /// <exception cref="JobLoadException">The job does not load.</exception>
    Task<JobReport> InspectAsync(HostedJob job, CancellationToken cancellationToken);
}
