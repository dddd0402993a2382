using System.ComponentModel;
using System.Diagnostics;

namespace JobRunner.Tests.Telemetry;

/// <summary>Prometheus' own checker; Debian's package <c>prometheus</c> has it.</summary>
internal static class Promtool
{
    /// <summary>Runs promtool and gives back everything it says; silence is the empty string.</summary>
    public static async Task<string> CheckAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("promtool", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            var said = await output + await error;
            return process.ExitCode == 0 ? said : $"exit code {process.ExitCode}: {said}";
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException(
                "promtool is missing, and the metrics cannot be checked without it: install the package 'prometheus'.", e);
        }
    }
}
