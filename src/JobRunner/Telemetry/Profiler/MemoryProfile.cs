using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// Samples allocations (the runtime's <c>AllocationSampled</c> event, one about every 100 KiB at random) and follows
/// each sampled object through the collections, so that it can tell garbage from what is still held at the end.
/// </summary>
internal sealed class MemoryProfile : IProfileKind
{
    private const ClrTraceEventParser.Keywords Keywords =
        ClrTraceEventParser.Keywords.GC
        | ClrTraceEventParser.Keywords.GCHeapSurvivalAndMovement
        | ClrTraceEventParser.Keywords.AllocationSampling
        | ClrTraceEventParser.Keywords.Loader
        | ClrTraceEventParser.Keywords.Jit;

    public string Name => "memory";

    public IReadOnlyList<EventPipeProvider> Providers { get; } =
        [new(ClrTraceEventParser.ProviderName, EventLevel.Informational, (long)Keywords)];

    /// <summary>A full collection, whose survivors are what is still held.</summary>
    public void BeforeStop()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        // What waited for its finalizer is garbage only now.
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
    }

    public Profile Read(string path) => RecordedEvents.Read(path, Read);

    private static Profile Read(TraceLogEventSource source)
    {
        var objects = new SurvivorTracker();
        var frames = new Dictionary<CodeAddressIndex, StackFrameName?>();
        source.Clr.AllocationSampling += sample => objects.Allocated(new SampledObject(
            sample.Address, sample.ObjectSize, sample.TypeName, StackFrameName.Of(sample.CallStack(), frames)));
        source.Clr.GCStart += gc => objects.CollectionStarted(gc.Count, gc.Depth, isBlocking: IsBlocking(gc.Type));
        source.Clr.GCStop += gc => objects.CollectionEnded(gc.Count);
        source.Clr.GCBulkSurvivingObjectRanges += bulk =>
        {
            for (var i = 0; i < bulk.Count; i++)
            {
                var range = bulk.Values(i);
                objects.Survived(range.RangeBase, range.RangeBase, range.RangeLength);
            }
        };
        source.Clr.GCBulkMovedObjectRanges += bulk =>
        {
            for (var i = 0; i < bulk.Count; i++)
            {
                var range = bulk.Values(i);
                objects.Survived(range.OldRangeBase, range.NewRangeBase, range.RangeLength);
            }
        };
        source.Process();

        var kept = new ProfileTally("Still held at the end", ProfileUnit.Bytes);
        var allocated = new ProfileTally("Allocated in all", ProfileUnit.Bytes);
        foreach (var sampled in objects.All)
        {
            allocated.Add(sampled.Stack, sampled.Type, sampled.EstimatedBytes);
            if (sampled.IsAlive)
                kept.Add(sampled.Stack, sampled.Type, sampled.EstimatedBytes);
        }

        return new Profile("Memory profile", objects.All.Count, [kept.ToView(), allocated.ToView()]);
    }

    private static bool IsBlocking(Microsoft.Diagnostics.Tracing.Parsers.Clr.GCType type) =>
        type != Microsoft.Diagnostics.Tracing.Parsers.Clr.GCType.BackgroundGC;
}
