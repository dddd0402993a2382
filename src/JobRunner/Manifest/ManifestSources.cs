namespace JobRunner;

/// <summary>Where a manifest may come from. The first source that is there wins.</summary>
public sealed record ManifestSources
{
    /// <summary>The argument <c>--manifest-path</c>: a file that must exist, or a folder with a <c>job.yaml</c>.</summary>
    public string? ManifestPath { get; init; }

    /// <summary>The folder of <c>./job.yaml</c>; default: the process's working directory.</summary>
    public string WorkingDirectory { get; init; } = System.Environment.CurrentDirectory;

    /// <summary>The folder that holds the job; null where there is none.</summary>
    public string? JobDirectory { get; init; }

    /// <summary>The environment: <c>JOB_MANIFEST_YAML</c>, and what <c>${NAME}</c> stands for. Default: the process's.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;
}
