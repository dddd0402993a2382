namespace JobRunner.Manifest;

/// <summary>Name and version that a job goes by: in its path, its documents and its metrics.</summary>
internal sealed record JobIdentity(string Name, string Version)
{
    /// <summary>Path under which gateways reach the job, percent-encoded.</summary>
    public string BaseUrl { get; } = $"/pub/job/{Uri.EscapeDataString(Name)}/{Uri.EscapeDataString(Version)}";

    /// <summary>
    /// The variables <c>JOB_NAME</c> and <c>JOB_VERSION</c>, else the manifest's, else the variables' own names, which
    /// is what a Racetrack job without either is called.
    /// </summary>
    public static JobIdentity Of(JobManifest manifest, Func<string, string?> environment) => new(
        Given(environment("JOB_NAME")) ?? manifest.Name ?? "JOB_NAME",
        Given(environment("JOB_VERSION")) ?? manifest.Version ?? "JOB_VERSION");

    private static string? Given(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
