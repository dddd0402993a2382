using System.Reflection;

namespace JobRunner.Cli.Loading;

/// <summary>
/// The assemblies that a job shares with the runner: the framework and JobRunner itself, so that their types have one
/// identity on both sides. Everything else the runner uses is hidden from jobs, which bring their own versions.
/// </summary>
internal sealed class SharedAssemblies
{
    private readonly Dictionary<string, string> _paths;

    private SharedAssemblies(Dictionary<string, string> paths) => _paths = paths;

    /// <summary>The shared assemblies of this process.</summary>
    public static SharedAssemblies Current { get; } = new(Find());

    /// <summary>The files of the shared assemblies.</summary>
    public IReadOnlyCollection<string> Paths => _paths.Values;

    /// <summary>The file of JobRunner itself.</summary>
    public string JobRunnerPath => _paths["JobRunner"];

    /// <summary>Whether the runner's copy serves a job that asks for this assembly.</summary>
    public bool Provides(AssemblyName requested)
    {
        if (requested.Name is null || !_paths.TryGetValue(requested.Name, out var path))
            return false;

        // A job may have been built against a package that is newer than the framework's copy of the same assembly.
        return requested.Name is "JobRunner"
            || requested.Version is null
            || AssemblyName.GetAssemblyName(path).Version >= requested.Version;
    }

    private static Dictionary<string, string> Find()
    {
        string[] frameworks =
        [
            DirectoryOf(typeof(object).Assembly),
            DirectoryOf(typeof(Microsoft.AspNetCore.Builder.WebApplication).Assembly),
        ];
        var trusted = (string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "";
        return trusted.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(path => frameworks.Contains(Path.GetDirectoryName(path), StringComparer.Ordinal)
                || Path.GetFileName(path) is "JobRunner.dll")
            .DistinctBy(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase);
    }

    private static string DirectoryOf(Assembly assembly) => Path.GetDirectoryName(assembly.Location)!;
}
