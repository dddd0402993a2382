using Serilog.Sinks.Async;

namespace JobRunner.Telemetry.Logs;

/// <summary>The lines between writers and output: how many wait, how many were dropped.</summary>
internal sealed class LogBuffer : IAsyncLogEventSinkMonitor
{
    private IAsyncLogEventSinkInspector? _inspector;
    private long _droppedBefore;

    /// <summary>Lines dropped because the buffer was full.</summary>
    public long Dropped => Volatile.Read(ref _droppedBefore) + (_inspector?.DroppedMessagesCount ?? 0);

    /// <summary>Lines that wait to be written.</summary>
    public int Waiting => _inspector?.Count ?? 0;

    public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => _inspector = inspector;

    public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
        Volatile.Write(ref _droppedBefore, inspector.DroppedMessagesCount);
        _inspector = null;
    }
}
