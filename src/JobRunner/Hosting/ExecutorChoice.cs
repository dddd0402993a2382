using JobRunner.Jobs;

namespace JobRunner.Hosting;

/// <summary>Checks that what shall carry out the calls is there.</summary>
internal static class ExecutorChoice
{
    private const string InProcess = "in-process";

    /// <exception cref="JobLoadException">An executor is asked for that this host does not have.</exception>
    public static void Check(JobDefinition definition, JobManifest manifest)
    {
        if (manifest.Extra.Executor.Kind != ExecutorKind.InProcess)
            throw Missing("jobtype_extra.executor", manifest.Extra.Executor.Kind.ToString());
        foreach (var endpoint in definition.Endpoints)
        {
            if (endpoint.Executor is { } kind && kind != InProcess)
                throw Missing($"the endpoint {endpoint.Path}", kind);
        }
    }

    private static JobLoadException Missing(string owner, string kind) =>
        new($"{owner} asks for the executor \"{kind}\", which this host does not have; the one it has is \"{InProcess}\".");
}
