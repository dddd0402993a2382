using System.Text;
using JobRunner.Manifest;

namespace JobRunner;

/// <summary>Finds, reads and validates a manifest.</summary>
public static class ManifestLoader
{
    private const string FileName = "job.yaml";
    private const string Variable = "JOB_MANIFEST_YAML";

    /// <summary>
    /// Loads the manifest of the first source that is there: the path given, the variable <c>JOB_MANIFEST_YAML</c>
    /// (a literal <c>\n</c> in it means a line break), <c>./job.yaml</c>, <c>job.yaml</c> beside the job. Without any,
    /// the manifest is empty and carries a warning. The process's environment is not changed:
    /// <see cref="RuntimeEnvironment.Apply(JobManifest, Action{string, string})"/> does that.
    /// </summary>
    /// <exception cref="ManifestException">The manifest cannot be read, is not valid YAML, or breaks a rule.</exception>
    public static JobManifest Load(ManifestSources sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.ManifestPath is { Length: > 0 } given)
            return LoadFile(InFolder(Path.GetFullPath(given, sources.WorkingDirectory)), sources);

        if (sources.Environment(Variable) is { } text && !string.IsNullOrWhiteSpace(text))
            return Read(text.Replace(@"\n", "\n", StringComparison.Ordinal), new LoadContext(Variable, sources.Environment), sources);

        string?[] folders = [sources.WorkingDirectory, sources.JobDirectory];
        var found = folders
            .OfType<string>()
            .Select(folder => Path.GetFullPath(FileName, Path.GetFullPath(folder)))
            .FirstOrDefault(File.Exists);
        if (found is not null) return LoadFile(found, sources);

        var load = new LoadContext("manifest", sources.Environment);
        load.Warn(
            $"no --manifest-path, no {Variable}, and no {FileName} in the working directory or beside the job, "
            + "so every setting has its default",
            default);
        return Read("", load, sources);
    }

    /// <summary>Reads a manifest from its text; <paramref name="name"/> is what errors call it.</summary>
    /// <exception cref="ManifestException">The text is not valid YAML, or breaks a rule.</exception>
    public static JobManifest Parse(string text, string name, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(environment);
        return Read(text, new LoadContext(name, environment), new ManifestSources { Environment = environment });
    }

    private static string InFolder(string path) => Directory.Exists(path) ? Path.Combine(path, FileName) : path;

    private static JobManifest LoadFile(string path, ManifestSources sources)
    {
        var load = new LoadContext(path, sources.Environment);
        return Read(ReadText(path, load), load, sources, path);
    }

    private static JobManifest Read(string text, LoadContext load, ManifestSources sources, string? path = null)
    {
        var manifest = ManifestSchema.Read(YamlTree.Parse(text, load), load);
        string?[] folders = [Path.GetDirectoryName(path), sources.JobDirectory, sources.WorkingDirectory];
        return manifest with { Path = path, Warnings = load.Warnings, Folders = folders.OfType<string>().ToArray() };
    }

    private static string ReadText(string path, LoadContext load)
    {
        try
        {
            // Bounded while reading: the path may be a pipe or a device that has no length.
            using var reader = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            var buffer = new char[YamlTree.MaxCharacters + 1];
            return new string(buffer, 0, reader.ReadBlock(buffer));
        }
        catch (DecoderFallbackException e)
        {
            throw load.Error("the manifest is not UTF-8 text", default, cause: e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw load.Error("there is no such file", default, cause: e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw load.Error("the file cannot be read for want of permission", default, cause: e);
        }
        catch (IOException e)
        {
            throw load.Error("the file cannot be read because of an input error", default, cause: e);
        }
    }
}
