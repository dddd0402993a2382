namespace JobRunner.Execution;

/// <summary>Name and version under which a job is served.</summary>
internal sealed record JobIdentity(string Name, string Version)
{
    /// <summary>Path under which gateways reach the job.</summary>
    public string BaseUrl { get; } = $"/pub/job/{Name}/{Version}";

    /// <summary>The environment wins over the manifest; without either, the variables' own names stand in.</summary>
    public static JobIdentity From(JobManifest manifest, Func<string, string?> environment)
    {
        return new JobIdentity(
            Pick("JOB_NAME", manifest.Name),
            Pick("JOB_VERSION", manifest.Version));

        string Pick(string variable, string? declared) =>
            environment(variable) is { Length: > 0 } value ? value
            : string.IsNullOrEmpty(declared) ? variable
            : declared;
    }
}
