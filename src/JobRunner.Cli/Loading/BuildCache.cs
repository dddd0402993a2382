using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace JobRunner.Cli.Loading;

/// <summary>
/// Where files that the SDK built are kept: one folder per content, so that an unchanged file is not built again.
/// It lies under <c>JOBRUNNER_CACHE_DIR</c>, or else in the user's cache folder.
/// </summary>
internal sealed class BuildCache
{
    private static readonly TimeSpan LockRetryInterval = TimeSpan.FromMilliseconds(100);

    // Files above a source file that change what the SDK makes of it.
    private static readonly string[] Surroundings =
        ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", "nuget.config"];

    private readonly string _root;

    /// <summary>A cache in the given folder.</summary>
    public BuildCache(string root) => _root = root;

    /// <summary>The cache of the user who runs this process.</summary>
    public static BuildCache OfUser() => new(RootFolder());

    /// <summary>The folder for a file with this text; it exists only once it was built.</summary>
    public string FolderFor(string path, string source)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, path);
        Append(hash, source);
        Append(hash, Environment.Version.ToString());
        Append(hash, Assembly.GetExecutingAssembly().ManifestModule.ModuleVersionId.ToString());
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            foreach (var file in Surroundings.Select(name => Path.Combine(folder, name)).Where(File.Exists))
            {
                Append(hash, file);
                Append(hash, File.ReadAllText(file));
            }
        }

        var key = Convert.ToHexStringLower(hash.GetHashAndReset())[..24];
        return Path.Combine(_root, $"{Path.GetFileNameWithoutExtension(path)}-{key}");
    }

    /// <summary>
    /// Holds a folder for this process alone until the result is disposed: the workers of one host all load the same
    /// file at the same time.
    /// </summary>
    public async Task<IDisposable> LockAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_root);
        while (true)
        {
            try
            {
                return new FileStream(folder + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(folder + ".lock"))
            {
                await Task.Delay(LockRetryInterval, cancellationToken);
            }
        }
    }

    private static void Append(IncrementalHash hash, string text)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(text));
        hash.AppendData([0]);
    }

    private static string RootFolder()
    {
        if (Environment.GetEnvironmentVariable("JOBRUNNER_CACHE_DIR") is { Length: > 0 } chosen)
            return Path.GetFullPath(chosen);

        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : UserCacheFolder();
        return Path.Combine(cache, "jobrunner");
    }

    private static string UserCacheFolder()
    {
        if (OperatingSystem.IsWindows())
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);

        // A container often runs as a user without a home.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 && Directory.Exists(home) ? Path.Combine(home, ".cache") : Path.GetTempPath();
    }
}
