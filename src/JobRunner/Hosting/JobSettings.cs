using JobRunner.Manifest;
using JobRunner.Execution;

namespace JobRunner.Hosting;

/// <summary>What a host knows before anything runs: its manifest, or why there is none.</summary>
internal sealed class JobSettings
{
    private JobSettings(JobManifest manifest, Exception? error, IReadOnlyList<string> warnings)
    {
        Manifest = manifest;
        Error = error;
        Warnings = warnings;
        Identity = JobIdentity.Of(manifest, Environment.GetEnvironmentVariable);
    }

    public JobManifest Manifest { get; }

    /// <summary>Why the manifest cannot be used; loading the job fails with it.</summary>
    public Exception? Error { get; }

    public IReadOnlyList<string> Warnings { get; }

    public JobIdentity Identity { get; }

    /// <summary>Reads the manifest and sets its variables. A bad one is no exception here: the process stays up, so that
    /// the error can be read.</summary>
    public static JobSettings Read(
        JobOptions options, string? jobDirectory, Func<JobManifest, JobManifest>? adjust = null)
    {
        try
        {
            var manifest = options.Manifest ?? ManifestLoader.Load(new ManifestSources
            {
                ManifestPath = options.ManifestPath,
                JobDirectory = options.Directory ?? jobDirectory,
            });
            manifest = adjust?.Invoke(manifest) ?? manifest;
            var warnings = RuntimeEnvironment.Apply(manifest, Environment.SetEnvironmentVariable);
            return new JobSettings(manifest, error: null, [.. manifest.Warnings, .. warnings]);
        }
        catch (ManifestException exception)
        {
            return new JobSettings(JobManifest.Empty, exception, []);
        }
    }
}
