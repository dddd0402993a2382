using System.Runtime.InteropServices;

namespace JobRunner.Cli.Commands;

/// <summary>The process that has started this one as one of several workers, as this one sees it. It alone says when to
/// stop: Ctrl+C reaches all processes of a terminal's group, and a second signal would end the work at once. Where it
/// dies, this one stops in good order.</summary>
internal sealed class Supervisor : IDisposable
{
    /// <summary>Set in workers that are supervised; their standard input is open as long as the supervisor lives.</summary>
    public const string Variable = "JOBRUNNER_SUPERVISED";

    private readonly CancellationTokenSource _stop;

    private Supervisor(CancellationToken cancellationToken) =>
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    /// <summary>Cancelled when the supervisor is gone.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Watches for the end of the supervisor, if there is one.</summary>
    public static Supervisor Watch(CancellationToken cancellationToken)
    {
        var supervisor = new Supervisor(cancellationToken);
        if (Environment.GetEnvironmentVariable(Variable) is null)
            return supervisor;

        // What the job starts itself is not supervised.
        Environment.SetEnvironmentVariable(Variable, value: null);
        _ = LeaveGroup(processId: 0, groupId: 0);
        new Thread(supervisor.WaitForEnd) { IsBackground = true, Name = "supervisor" }.Start();
        return supervisor;
    }

    public void Dispose() => _stop.Dispose();

    private void WaitForEnd()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[16];
        while (input.Read(ignored) > 0)
        {
            // Nobody writes anything.
        }

        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work has ended already.
        }
    }

    [DllImport("libc", EntryPoint = "setpgid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int LeaveGroup(int processId, int groupId);
}
