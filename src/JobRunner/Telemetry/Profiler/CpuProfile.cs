using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing.EventPipe;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// Samples the stacks of all threads, about each millisecond, and gives each sample the time since the last of its
/// thread. Only threads that run managed code count: one that waits is seen outside of it.
/// </summary>
internal sealed class CpuProfile : IProfileKind
{
    private const string SampleProfiler = "Microsoft-DotNETCore-SampleProfiler";
    private const double FirstSample = 1;

    /// <summary>A longer gap says that the sampler, not the thread, was held up.</summary>
    private const double LongestGap = 50;

    /// <summary>What a worker of the thread pool is in while it spins for a moment before it waits for work.</summary>
    private const string Idle = "System.Threading.LowLevel";

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
        var lastSeen = new Dictionary<int, double>();
        var samples = 0;
        new SampleProfilerTraceEventParser(source).ThreadSample += sample =>
        {
            var time = sample.TimeStampRelativeMSec;
            var gap = lastSeen.TryGetValue(sample.ThreadID, out var last) ? time - last : FirstSample;
            lastSeen[sample.ThreadID] = time;
            if (sample.Type != ClrThreadSampleType.Managed)
                return;
            var stack = StackFrameName.Of(sample.CallStack(), frames);
            if (stack is [.., var leaf] && leaf.Method.StartsWith(Idle, StringComparison.Ordinal))
                return;
            samples++;
            busy.Add(stack, null, Math.Min(gap, LongestGap));
        };
        source.Process();
        return new Profile("CPU profile", samples, [busy.ToView()]);
    }
}
