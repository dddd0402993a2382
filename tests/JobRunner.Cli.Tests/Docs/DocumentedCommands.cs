using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace JobRunner.Cli.Tests.Docs;

/// <summary>The shell commands of a page of the documentation.</summary>
internal static partial class DocumentedCommands
{
    /// <summary>The lines of all <c>sh</c> blocks of a page.</summary>
    public static IReadOnlyList<string> Of(string page) =>
        [.. ShellBlock().Matches(File.ReadAllText(Path.Combine(Sources.Root, page)))
            .SelectMany(block => block.Groups["text"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => !line.StartsWith('#'))];

    public static Process Start(string command, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"exec {command}"])
        {
            WorkingDirectory = Sources.Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>Runs a command to its end, its port 7000 being another one here.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string command, int port)
    {
        var here = command.Replace("localhost:7000", $"127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("curl ", "curl -sS --fail-with-body ", StringComparison.Ordinal);
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", here])
        {
            WorkingDirectory = Sources.Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("```sh\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex ShellBlock();
}
