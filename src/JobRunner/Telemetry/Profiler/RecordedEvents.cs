using Microsoft.Diagnostics.Tracing.Etlx;

namespace JobRunner.Telemetry.Profiler;

/// <summary>Opens a <c>.nettrace</c> file with its stacks resolved to methods.</summary>
internal static class RecordedEvents
{
    public static T Read<T>(string path, Func<TraceLogEventSource, T> read)
    {
        var index = Path.ChangeExtension(path, ".etlx");
        try
        {
            TraceLog.CreateFromEventPipeDataFile(path, index, new TraceLogOptions { ContinueOnError = true });
            using var log = new TraceLog(index);
            using var source = log.Events.GetSource();
            return read(source);
        }
        finally
        {
            File.Delete(index);
        }
    }
}
