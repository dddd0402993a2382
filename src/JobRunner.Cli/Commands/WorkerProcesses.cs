using System.Diagnostics;
using System.Runtime.InteropServices;

namespace JobRunner.Cli.Commands;

/// <summary>Runs the same worker in several processes: one that dies is started again, a stop is handed on.</summary>
/// <param name="count">How many.</param>
/// <param name="args">The command line of each.</param>
/// <param name="isBurst">Whether one that ends well has done its work, and is not started again.</param>
/// <param name="error">Where it is told that one has died.</param>
internal sealed class WorkerProcesses(int count, IReadOnlyList<string> args, bool isBurst, TextWriter error)
{
    private const int Terminate = 15;
    private const int Interrupt = 2;

    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<Process> _running = [];
    private volatile bool _isStopping;
    private PosixSignal? _firstSignal;
    private int _forcedExitCode;

    /// <summary>Whether all of them run.</summary>
    public bool AreAllUp
    {
        get
        {
            lock (_lock)
                return _running.Count == count;
        }
    }

    /// <summary>Runs them until all have ended: told to stop, or in burst mode done.</summary>
    /// <returns>0 where all ended well; 1 or 2 as the first did that could not begin; the signal's, where a second one has
    /// ended them at once.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await using (cancellationToken.UnsafeRegister(static state => ((WorkerProcesses)state!).StopAll(), this))
        {
            var exitCodes = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => KeepAsync()));
            if (_forcedExitCode > 0)
                return _forcedExitCode;
            return Array.TrueForAll(exitCodes, code => code == 0) ? ExitCodes.Done
                : exitCodes.Contains(ExitCodes.WrongUsage) ? ExitCodes.WrongUsage : ExitCodes.Failed;
        }
    }

    private async Task<int> KeepAsync()
    {
        while (true)
        {
            var exitCode = await RunOneAsync();

            // One that was stopped before it could listen to signals had not begun anything.
            if (_isStopping)
                return exitCode is 128 + Terminate or 128 + Interrupt ? 0 : exitCode;
            if (isBurst && exitCode == 0)
                return exitCode;

            // It has said what is wrong: another one would say the same.
            if (exitCode is ExitCodes.Failed or ExitCodes.WrongUsage)
            {
                StopAll();
                return exitCode;
            }

            await error.WriteLineAsync($"A worker process ended with exit code {exitCode}; another one is started.");
            await Task.Delay(RestartPause);
            if (_isStopping)
                return 0;
        }
    }

    private async Task<int> RunOneAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) 
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            Environment = { [Supervisor.Variable] = "1" },
        };

        // Started as `dotnet JobRunner.Cli.dll`, the program is an argument of its host.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in args)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        lock (_lock)
        {
            _running.Add(process);
            if (_isStopping)
                Send(process);
        }

        await process.WaitForExitAsync();
        lock (_lock)
            _running.Remove(process);
        return process.ExitCode;
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_firstSignal is null)
            _firstSignal = context.Signal;
        else
            _forcedExitCode = 128 + (context.Signal == PosixSignal.SIGTERM ? Terminate : Interrupt);
        StopAll();
    }

    private void StopAll()
    {
        lock (_lock)
        {
            _isStopping = true;
            foreach (var process in _running)
                Send(process);
        }
    }

    private static void Send(Process process)
    {
        if (!process.HasExited)
            _ = Kill(process.Id, Terminate);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
