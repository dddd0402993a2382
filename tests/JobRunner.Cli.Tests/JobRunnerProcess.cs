using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace JobRunner.Cli.Tests;

/// <summary>The real <c>jobrunner</c>, in a process of its own.</summary>
internal sealed partial class JobRunnerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The runtime of these tests lies in shared/Microsoft.NETCore.App/VERSION below it.
    private static readonly string DotnetRoot =
        Path.GetFullPath("../../..", Path.TrimEndingDirectorySeparator(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory()));

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private JobRunnerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Received(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Received(_error, line.Data);
    }

    public string Output => Text(_output);

    public string Error => Text(_error);

    public static JobRunnerProcess Start(
        string[] args, string? workingDirectory = null, IReadOnlyDictionary<string, string>? environment = null) =>
        StartExecutable("JobRunner.Cli", args, workingDirectory, environment);

    /// <summary>Starts another host that stands beside these tests.</summary>
    public static JobRunnerProcess StartExecutable(
        string executable,
        string[] args,
        string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, executable), args)
        {
            WorkingDirectory = workingDirectory ?? Path.GetTempPath(),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_ROOT"] = DotnetRoot },
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;

        var started = new JobRunnerProcess(new Process { StartInfo = start });
        started._process.Start();
        started._process.BeginOutputReadLine();
        started._process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string[] args, string? workingDirectory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using var process = Start(args, workingDirectory, environment);
        var exitCode = await process.ExitCodeAsync();
        return (exitCode, process.Output, process.Error);
    }

    /// <summary>The address that the process prints once it listens.</summary>
    public Task<Uri> AddressAsync() => _address.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    public int Id => _process.Id;

    /// <summary>Asks the process to end, as a container runtime does.</summary>
    public async Task<int> TerminateAsync()
    {
        await SignalAsync("TERM");
        return await ExitCodeAsync();
    }

    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Received(StringBuilder text, string? line)
    {
        if (line is null)
            return;
        lock (text)
            text.AppendLine(line);
        if (ListeningAddress().Match(line) is { Success: true } match)
            _address.TrySetResult(new Uri($"http://127.0.0.1:{match.Groups["port"].Value}"));
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }

    [GeneratedRegex("http://[^ :/]+:(?<port>[1-9][0-9]*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningAddress();
}
