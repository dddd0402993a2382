using JobRunner.Hosting;

namespace JobRunner.Cli.Commands;

/// <summary>Why a worker cannot go without a job class.</summary>
internal static class MissingJob
{
    /// <summary>What to say where no JOB was given.</summary>
    /// <param name="manifestPath">The manifest; null is the one that is found without a job.</param>
    public static Exception Describe(string? manifestPath)
    {
        var settings = JobSettings.Read(new JobOptions { ManifestPath = manifestPath }, jobDirectory: null);
        if (settings.Error is { } error)
            return new JobLoadException(error.Message, error);
        return settings.Manifest.Extra.Executor.Kind switch
        {
            ExecutorKind.Process => Unsupported("process"),
            ExecutorKind.Container => Unsupported("container"),
            _ => new UsageException(
                "There is no JOB; give a .dll, .cs or .csproj file, or a folder holding one. It may be left out only where the manifest's "
                + "executor is process or container."),
        };
    }

    private static JobLoadException Unsupported(string kind) =>
        new($"jobtype_extra.executor asks for the executor \"{kind}\", which this host does not have; give a JOB and the executor \"in-process\".");
}
