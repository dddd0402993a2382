namespace JobRunner.Tasks;

/// <summary>The folder that a host keeps its own files in.</summary>
internal static class DataFolder
{
    public const string Variable = "JOBRUNNER_DATA_DIR";

    private const string Default = ".jobrunner";

    public static string Path => System.IO.Path.GetFullPath(
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : Default);

    /// <summary>File of a <c>sqlite:</c> URL.</summary>
    public static string FileOf(QueueUrl url) =>
        url.Path.Length == 0 ? System.IO.Path.Combine(Path, "tasks.db") : System.IO.Path.GetFullPath(url.Path);
}
