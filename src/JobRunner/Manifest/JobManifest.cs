namespace JobRunner;

/// <summary>Where the job's source is kept.</summary>
public sealed record GitSource
{
    /// <summary>The repository's URL or path.</summary>
    public string? Remote { get; init; }

    /// <summary>The branch; null: the repository's own default.</summary>
    public string? Branch { get; init; }

    /// <summary>The job's folder inside the repository.</summary>
    public string Directory { get; init; } = ".";
}

/// <summary>What a deployment asks for, as Kubernetes quantities such as <c>256Mi</c> or <c>500m</c>; null: nothing.</summary>
public sealed record ResourceRequest
{
    /// <summary>Memory asked for.</summary>
    public string? MemoryMin { get; init; }

    /// <summary>Memory at most.</summary>
    public string? MemoryMax { get; init; }

    /// <summary>Cores asked for.</summary>
    public string? CpuMin { get; init; }

    /// <summary>Cores at most.</summary>
    public string? CpuMax { get; init; }
}

/// <summary>A job's manifest (<c>job.yaml</c>): typed, validated, variables expanded.</summary>
public sealed record JobManifest
{
    /// <summary>The manifest of a job that has none: every default.</summary>
    public static JobManifest Empty { get; } = new();

    /// <summary>The job's name; null where the manifest does not say.</summary>
    public string? Name { get; init; }

    /// <summary>The job's version as it is written; null where the manifest does not say.</summary>
    public string? Version { get; init; }

    /// <summary>Whom to ask about the job.</summary>
    public string? OwnerEmail { get; init; }

    /// <summary>The manifest's <c>jobtype</c>.</summary>
    public string? JobType { get; init; }

    /// <summary>Where the source is kept; null where the manifest does not say.</summary>
    public GitSource? Git { get; init; }

    /// <summary>Variables set before the job is created.</summary>
    public IReadOnlyDictionary<string, string> RuntimeEnv { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The file of secret variables, which win over <see cref="RuntimeEnv"/>; null: none.</summary>
    public string? SecretRuntimeEnvFile { get; init; }

    /// <summary>Variables of the image's build.</summary>
    public IReadOnlyDictionary<string, string> BuildEnv { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Path prefixes that are open to callers without a token.</summary>
    public IReadOnlyList<string> PublicEndpoints { get; init; } = [];

    /// <summary>What a deployment asks for.</summary>
    public ResourceRequest Resources { get; init; } = new();

    /// <summary>Hosts of this job in a deployment.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Labels for people; values are strings, numbers, flags, null, lists or dictionaries.</summary>
    public IReadOnlyDictionary<string, object?> Labels { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>The runner's own settings: <c>jobtype_extra</c>.</summary>
    public JobTypeExtra Extra { get; init; } = new();

    /// <summary>The full path of the file that the manifest came from; null: a variable, or no manifest at all.</summary>
    public string? Path { get; init; }

    /// <summary>Top-level fields that the runner does not know, kept as they are.</summary>
    public IReadOnlyDictionary<string, object?> Unknown { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>What is odd but usable, a sentence each, to be logged once a log exists.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The whole document as plain values, after expansion: what templates are filled from.</summary>
    internal IReadOnlyDictionary<string, object?> Document { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>Folders that relative paths are looked for in, in order.</summary>
    internal IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>
    /// The full path of a path from the manifest. A relative one belongs to the manifest's folder, else the job's,
    /// else the working directory: the first of them where it exists, or the first of them where it exists in none.
    /// </summary>
    public string ResolvePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var candidates = Folders
            .DefaultIfEmpty(Environment.CurrentDirectory)
            .Select(folder => System.IO.Path.GetFullPath(path, System.IO.Path.GetFullPath(folder)))
            .ToArray();
        return Array.Find(candidates, System.IO.Path.Exists) ?? candidates[0];
    }
}
