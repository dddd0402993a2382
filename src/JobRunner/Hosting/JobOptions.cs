namespace JobRunner;

/// <summary>How a job is hosted.</summary>
public sealed class JobOptions
{
    /// <summary>Path of the manifest. Default: <c>JOB_MANIFEST_YAML</c>, then <c>job.yaml</c> in the working directory,
    /// then beside the job.</summary>
    public string? ManifestPath { get; set; }

    /// <summary>A manifest made in code, instead of one that is read.</summary>
    public JobManifest? Manifest { get; set; }

    /// <summary>Folder that the job lives in. Default: that of its assembly.</summary>
    public string? Directory { get; set; }
}
