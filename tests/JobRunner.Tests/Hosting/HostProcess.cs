using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace JobRunner.Tests.Hosting;

/// <summary>A host in a process of its own.</summary>
internal sealed partial class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
    }

    public Uri Address => _address.Task.Result;

    /// <summary>Threads of the process, as the kernel counts them.</summary>
    public int ThreadCount => int.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").Single(line => line.StartsWith("Threads:", StringComparison.Ordinal))["Threads:".Length..],
        CultureInfo.InvariantCulture);

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static async Task<HostProcess> StartAsync(
        string job, string manifest = "", params (string Name, string Value)[] environment)
    {
        var path = Path.Combine(Path.GetTempPath(), $"job-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(path, "name: tested\n" + manifest);
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", Path.Combine(AppContext.BaseDirectory, "JobRunner.TestHost.dll"),
                job, "--host", "127.0.0.1", "--port", "0", "--manifest-path", path,
            },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var host = new HostProcess(Process.Start(start)!);
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        await host._address.Task.WaitAsync(TimeSpan.FromSeconds(60));
        using var client = new HttpClient { BaseAddress = host.Address };
        await Execution.Eventually.TrueAsync(
            async () => (await client.GetAsync("/ready")).IsSuccessStatusCode, () => host.Output);
        File.Delete(path);
        return host;
    }

    public void Signal(PosixSignal signal)
    {
        var name = signal == PosixSignal.SIGTERM ? "-TERM" : "-INT";
        using var kill = Process.Start("kill", [name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        lock (_output)
            _output.AppendLine(CultureInfo.InvariantCulture, $"{line}");
        if (line is not null && AddressPattern().Match(line) is { Success: true } match)
            _address.TrySetResult(new Uri(match.Value));
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.None, 1000)]
    private static partial Regex AddressPattern();
}
