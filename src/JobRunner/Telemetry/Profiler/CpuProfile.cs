using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing.EventPipe;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace JobRunner.Telemetry.Profiler;

/// <summary>Samples the stacks of all threads each millisecond, and counts those that run managed code.</summary>
internal sealed class CpuProfile : IProfileKind
{
    private const string SampleProfiler = "Microsoft-DotNETCore-SampleProfiler";
    private const double MillisecondsPerSample = 1;

    public string Name => "cpu";

    public IReadOnlyList<EventPipeProvider> Providers { get; } =
    [
        new(SampleProfiler, EventLevel.Informational),
        new(
            ClrTraceEventParser.ProviderName,
            EventLevel.Informational,
            (long)(ClrTraceEventParser.Keywords.Loader | ClrTraceEventParser.Keywords.Jit)),
    ];

    public void BeforeStop()
    {
        // Samples are complete at any time.
    }

    public Profile Read(string path) => RecordedEvents.Read(path, Read);

    private static Profile Read(TraceLogEventSource source)
    {
        var busy = new ProfileTally("Time in managed code", ProfileUnit.Milliseconds);
        var frames = new Dictionary<CodeAddressIndex, StackFrameName?>();
        var samples = 0;
        // A thread that waits is seen outside of managed code.
        new SampleProfilerTraceEventParser(source).ThreadSample += sample =>
        {
            if (sample.Type != ClrThreadSampleType.Managed)
                return;
            samples++;
            busy.Add(StackFrameName.Of(sample.CallStack(), frames), null, MillisecondsPerSample);
        };
        source.Process();
        return new Profile("CPU profile", samples, [busy.ToView()]);
    }
}
