using Serilog.Core;
using Serilog.Events;

namespace JobRunner.Telemetry.Logs;

/// <summary>
/// Flushes at shutdown, but not for ever: an output that nobody reads must not keep the process alive.
/// </summary>
internal sealed class BoundedFlush(ILogEventSink inner, TimeSpan patience) : ILogEventSink, IDisposable
{
    public void Emit(LogEvent logEvent) => inner.Emit(logEvent);

    public void Dispose()
    {
        if (inner is not IDisposable disposable)
            return;
        var flush = new Thread(disposable.Dispose) { IsBackground = true, Name = "log flush" };
        flush.Start();
        flush.Join(patience);
    }
}
