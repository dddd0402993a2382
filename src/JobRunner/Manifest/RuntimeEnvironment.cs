using JobRunner.Manifest;

namespace JobRunner;

/// <summary>Sets the manifest's variables before the job is created.</summary>
public static class RuntimeEnvironment
{
    /// <summary>
    /// Calls <paramref name="set"/> once for every variable of <c>runtime_env</c> and of the file that
    /// <c>secret_runtime_env_file</c> names; where both have one, the secret wins. Returns warnings, a sentence each:
    /// a secret file that is not there is one, since a platform that sets the secrets itself does not ship the file.
    /// </summary>
    /// <exception cref="ManifestException">The secret file cannot be read; the message never shows its contents.</exception>
    public static IReadOnlyList<string> Apply(JobManifest manifest, Action<string, string> set)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(set);
        var variables = new Dictionary<string, string>(manifest.RuntimeEnv, StringComparer.Ordinal);
        var warnings = new List<string>();
        if (manifest.SecretRuntimeEnvFile is { } file)
        {
            var path = manifest.ResolvePath(file);
            if (File.Exists(path))
            {
                foreach (var (name, value) in ReadSecrets(path)) variables[name] = value;
            }
            else
            {
                warnings.Add($"{path}: the file that secret_runtime_env_file names does not exist, so no secret variables are set.");
            }
        }

        foreach (var (name, value) in variables) set(name, value);
        return warnings;
    }

    private static IReadOnlyDictionary<string, string> ReadSecrets(string path)
    {
        var load = new LoadContext(path, _ => null);
        try
        {
            return EnvFile.Parse(File.ReadAllText(path), load);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw load.Error("the file that secret_runtime_env_file names cannot be read", default, cause: e);
        }
    }
}
