using System.Security.Cryptography;

namespace JobRunner.Cli.Tests.Queues.Clients;

/// <summary>NATS's client for Node.js, as the lock file pins it, installed once into the user's cache.</summary>
internal static class NodeClient
{
    private static readonly string Sources = Path.Combine(AppContext.BaseDirectory, "nats-client");

    /// <returns>Path of a script that finds its packages.</returns>
    public static async Task<string> InstallAsync(string script)
    {
        var content = await Task.WhenAll(new[] { "package-lock.json", script }.Select(name => File.ReadAllBytesAsync(Path.Combine(Sources, name))));
        var version = Convert.ToHexStringLower(SHA256.HashData(content.SelectMany(bytes => bytes).ToArray()))[..12];
        var cache = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create),
            "jobrunner-tests");
        var folder = Path.Combine(cache, $"nats-client-{version}");
        if (Directory.Exists(folder))
            return Path.Combine(folder, script);

        // Beside its place first: an installation that was broken off must not look whole.
        var fresh = Directory.CreateDirectory(Path.Combine(cache, $"{version}-{Guid.NewGuid():N}")).FullName;
        foreach (var name in (string[])["package.json", "package-lock.json", script])
            File.Copy(Path.Combine(Sources, name), Path.Combine(fresh, name));
        await ClientProcess.RunAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", fresh);
        try
        {
            Directory.Move(fresh, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(fresh, recursive: true);
        }

        return Path.Combine(folder, script);
    }
}
