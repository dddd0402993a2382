using JobRunner.Cli.Loading;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary>A job, and what a command line may set about it.</summary>
/// <param name="Loader">What loads the class.</param>
/// <param name="Directory">Where the job lives.</param>
/// <param name="ManifestPath">The manifest; null is the one in the job's folder.</param>
internal sealed record HostedJob(JobLoader Loader, string Directory, string? ManifestPath);

/// <summary>What the commands want of the library: parsing a command line needs no server.</summary>
internal interface IJobHosting
{
    /// <summary>Serves a job until the process is asked to end, also while the job fails to load.</summary>
    /// <param name="job">The job.</param>
    /// <param name="port">The port, 0 for a free one; null is the default.</param>
    /// <param name="host">The address; null is the default.</param>
    /// <param name="cancellationToken">Ends serving.</param>
    Task ServeAsync(HostedJob job, int? port, string? host, CancellationToken cancellationToken);

    /// <summary>Loads a job as serving it would, and tells what was found.</summary>
    /// <exception cref="JobLoadException">The job does not load.</exception>
    Task<JobReport> InspectAsync(HostedJob job, CancellationToken cancellationToken);
}
