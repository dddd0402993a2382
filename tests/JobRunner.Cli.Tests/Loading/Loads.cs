using JobRunner.Cli.Loading;

namespace JobRunner.Cli.Tests.Loading;

/// <summary>Loads jobs as the command line does, and calls them.</summary>
internal static class Loads
{
    public static Task<LoadedJobType> FromAsync(string path, string? className = null, string? cache = null) =>
        new JobLoader(JobSource.Resolve(path), className, cache is null ? null : new BuildCache(cache))
            .LoadAsync(TestContext.Current.CancellationToken);

    public static async Task<string> ErrorOfAsync(string path, string? className = null, string? cache = null) =>
        (await Should.ThrowAsync<JobLoadException>(() => FromAsync(path, className, cache))).Message;

    public static object? Perform(this LoadedJobType job, params object?[] arguments) =>
        job.Type.GetMethod("Perform")!.Invoke(Activator.CreateInstance(job.Type), arguments);
}
