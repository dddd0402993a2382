using System.ComponentModel;
using System.Diagnostics;

namespace JobRunner.Cli.Loading;

/// <summary>What a run of the <c>dotnet</c> command came to.</summary>
/// <param name="ExitCode">Its exit code; 0 is success.</param>
/// <param name="Output">All it printed.</param>
internal sealed record DotnetResult(int ExitCode, string Output);

/// <summary>Runs the <c>dotnet</c> command of the SDK.</summary>
internal static class DotnetCommand
{
    /// <summary>Runs the command and waits for its end.</summary>
    /// <param name="workingDirectory">Where it runs; decides which <c>global.json</c> counts.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the command and all it started.</param>
    /// <exception cref="JobLoadException">The .NET SDK is not installed.</exception>
    public static async Task<DotnetResult> RunAsync(
        string workingDirectory, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo(workingDirectory, arguments) };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw SdkMissing(exception.Message, exception);
        }

        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            var result = new DotnetResult(process.ExitCode, await output + await errors);
            return result.Output.Contains("No .NET SDKs were found", StringComparison.Ordinal)
                ? throw SdkMissing("only the runtime is installed", inner: null)
                : result;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static ProcessStartInfo StartInfo(string workingDirectory, IEnumerable<string> arguments) =>
        new("dotnet", arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment =
            {
                ["DOTNET_CLI_UI_LANGUAGE"] = "en",
                ["DOTNET_NOLOGO"] = "1",
                // A build server left behind would hold our pipes open, and outlive us in a container.
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            },
        };

    private static JobLoadException SdkMissing(string reason, Exception? inner)
    {
        var message = $"Building this job needs the .NET SDK {Environment.Version.Major}.0 or newer ({reason}): install it "
            + "from https://dotnet.microsoft.com/download, or build the job elsewhere and give its .dll.";
        return inner is null ? new JobLoadException(message) : new JobLoadException(message, inner);
    }
}
