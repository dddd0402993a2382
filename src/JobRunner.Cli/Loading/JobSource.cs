namespace JobRunner.Cli.Loading;

/// <summary>What a job is loaded from.</summary>
internal enum JobSourceKind
{
    /// <summary>A compiled assembly.</summary>
    Assembly,

    /// <summary>A single C# file.</summary>
    CSharpFile,

    /// <summary>An MSBuild project.</summary>
    Project,
}

/// <summary>The file that the path given by a user leads to.</summary>
/// <param name="Kind">What kind of file it is.</param>
/// <param name="Path">Its full path.</param>
internal sealed record JobSource(JobSourceKind Kind, string Path)
{
    private const string Accepted = "give a .dll, .cs or .csproj file, or a folder holding one";

    /// <summary>The folder of the file: where the job's manifest and static files are.</summary>
    public string Directory => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>The file's name, as messages show it.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Finds the file to load.</summary>
    /// <exception cref="JobPathException">The path leads nowhere, to no job, or to several.</exception>
    public static JobSource Resolve(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw new JobPathException($"The path of the job is empty; {Accepted}.");

        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (System.IO.Directory.Exists(full))
            return FromFolder(full, path);
        if (!File.Exists(full))
            throw new JobPathException($"There is no file or folder '{path}'; {Accepted}.");

        return System.IO.Path.GetExtension(full).ToUpperInvariant() switch
        {
            ".DLL" => new JobSource(JobSourceKind.Assembly, full),
            ".CS" => new JobSource(JobSourceKind.CSharpFile, full),
            ".CSPROJ" => new JobSource(JobSourceKind.Project, full),
            _ => throw new JobPathException($"'{path}' is not something a job can be loaded from; {Accepted}."),
        };
    }

    // A project describes everything in its folder, so it comes first; a published folder holds assemblies only.
    private static JobSource FromFolder(string folder, string given) =>
        OnlyOne(JobSourceKind.Project, folder, given, "*.csproj")
        ?? Named(JobSourceKind.CSharpFile, folder, "Job.cs")
        ?? OnlyOne(JobSourceKind.CSharpFile, folder, given, "*.cs")
        ?? Named(JobSourceKind.Assembly, folder, "Job.dll")
        ?? Published(folder)
        ?? OnlyOne(JobSourceKind.Assembly, folder, given, "*.dll")
        ?? throw new JobPathException($"The folder '{given}' holds no job: no .csproj, .cs or .dll file; {Accepted}.");

    private static JobSource? Named(JobSourceKind kind, string folder, string name)
    {
        var path = System.IO.Path.Combine(folder, name);
        return File.Exists(path) ? new JobSource(kind, path) : null;
    }

    // Of the assemblies in a published folder, the one that was published has the list of dependencies beside it.
    private static JobSource? Published(string folder)
    {
        var lists = System.IO.Directory.GetFiles(folder, "*.deps.json");
        return lists.Length == 1
            ? Named(JobSourceKind.Assembly, folder, System.IO.Path.GetFileName(lists[0])[..^".deps.json".Length] + ".dll")
            : null;
    }

    private static JobSource? OnlyOne(JobSourceKind kind, string folder, string given, string pattern)
    {
        var files = System.IO.Directory.GetFiles(folder, pattern);
        if (files.Length <= 1)
            return files.Length == 0 ? null : new JobSource(kind, files[0]);

        var names = files.Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal).ToArray();
        var shown = string.Join(", ", names.Take(5)) + (names.Length > 5 ? ", …" : "");
        throw new JobPathException(
            $"The folder '{given}' holds {names.Length} {pattern[1..]} files ({shown}); give the path of one of them.");
    }
}
