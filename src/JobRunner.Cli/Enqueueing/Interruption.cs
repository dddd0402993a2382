using System.Runtime.InteropServices;

namespace JobRunner.Cli.Enqueueing;

/// <summary>Lets a command tell how far it came when it is interrupted; a second signal ends the process as ever.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _interrupted;
    private readonly PosixSignalRegistration[] _signals;

    public Interruption(CancellationToken cancellationToken)
    {
        _interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _interrupted.Token;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _interrupted.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = !_interrupted.IsCancellationRequested;
        _interrupted.Cancel();
    }
}
