using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace JobRunner.Samples.Tests.OpenApi;

/// <summary>Redocly's linter for OpenAPI documents, as the lock file pins it, installed once into the user's cache.</summary>
internal static class Linter
{
    private static readonly string Manifest = Path.Combine(AppContext.BaseDirectory, "openapi-lint");

    /// <summary>Checks documents.</summary>
    /// <returns>What the linter finds wrong, errors and warnings.</returns>
    public static async Task<IReadOnlyList<string>> CheckAsync(IEnumerable<string> documents)
    {
        var folder = await InstallAsync();
        var (_, output, errors) = await RunAsync(
            folder,
            "node",
            [
                Path.Combine(folder, "node_modules", "@redocly", "cli", "bin", "cli.js"), "lint",
                "--config", Path.Combine(Manifest, "redocly.yaml"), "--format", "json", .. documents,
            ]);
        output.ShouldStartWith("{", Case.Sensitive, output + errors);

        // One report after the other, one of each document.
        using var reports = new MemoryStream(Encoding.UTF8.GetBytes(output));
        var problems = new List<string>();
        await foreach (var report in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(reports, topLevelValues: true))
        {
            foreach (var problem in report.GetProperty("problems").EnumerateArray())
                problems.Add(problem.GetRawText());
        }

        return problems;
    }

    private static async Task<string> InstallAsync()
    {
        var lockFile = Path.Combine(Manifest, "package-lock.json");
        var version = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(lockFile)))[..12];
        var cache = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create),
            "jobrunner-tests");
        var folder = Path.Combine(cache, $"openapi-lint-{version}");
        if (Directory.Exists(folder))
            return folder;

        // Beside its place first: an installation that was broken off must not look whole.
        var fresh = Directory.CreateDirectory(Path.Combine(cache, $"{version}-{Guid.NewGuid():N}")).FullName;
        foreach (var name in (string[])["package.json", "package-lock.json"])
            File.Copy(Path.Combine(Manifest, name), Path.Combine(fresh, name));
        var (exitCode, output, errors) = await RunAsync(fresh, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        exitCode.ShouldBe(0, output + errors);
        try
        {
            Directory.Move(fresh, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(fresh, recursive: true);
        }

        return folder;
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string folder, string command, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["REDOCLY_TELEMETRY"] = "off", ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true", ["NO_COLOR"] = "1" },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException exception)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} took longer than three minutes", exception);
        }

        return (process.ExitCode, await output, await errors);
    }
}
