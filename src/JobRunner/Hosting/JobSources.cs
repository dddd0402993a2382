namespace JobRunner.Hosting;

/// <summary>Makes sources of what users hand over.</summary>
internal static class JobSources
{
    public static JobSource Of(Type type) => new JobSource.Class(type) { Directory = DirectoryOf(type) };

    public static JobSource Of(object job) => new JobSource.Instance(job) { Directory = DirectoryOf(job.GetType()) };

    private static string DirectoryOf(Type type) =>
        Path.GetDirectoryName(type.Assembly.Location) is { Length: > 0 } directory ? directory : AppContext.BaseDirectory;
}
