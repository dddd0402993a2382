using System.Diagnostics.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>The .NET runtime's own figures: garbage collector, thread pool, locks, timers.</summary>
internal static class RuntimeInstruments
{
    public static void AddTo(Meter meter)
    {
        meter.CreateObservableCounter(
            "dotnet_gc_collections", Collections, null, "Garbage collections, by generation.");
        meter.CreateObservableCounter(
            "dotnet_gc_allocated_bytes", static () => GC.GetTotalAllocatedBytes(), null, "Memory allocated so far.");
        meter.CreateObservableCounter(
            "dotnet_gc_pause_seconds",
            static () => GC.GetTotalPauseDuration().TotalSeconds,
            null,
            "Time the garbage collector held all threads.");
        meter.CreateObservableGauge(
            "dotnet_gc_live_bytes",
            static () => GC.GetTotalMemory(forceFullCollection: false),
            null,
            "Memory of managed objects, garbage not yet collected included.");
        meter.CreateObservableGauge(
            "dotnet_gc_heap_size_bytes",
            static () => GC.GetGCMemoryInfo().HeapSizeBytes,
            null,
            "Size of the managed heap after the last collection.");
        meter.CreateObservableGauge(
            "dotnet_gc_committed_bytes",
            static () => GC.GetGCMemoryInfo().TotalCommittedBytes,
            null,
            "Memory committed to the managed heap after the last collection.");
        meter.CreateObservableGauge(
            "dotnet_threadpool_threads", static () => ThreadPool.ThreadCount, null, "Threads of the thread pool.");
        meter.CreateObservableGauge(
            "dotnet_threadpool_queue_length",
            static () => ThreadPool.PendingWorkItemCount,
            null,
            "Work that waits for a thread of the pool.");
        meter.CreateObservableCounter(
            "dotnet_threadpool_completed_items",
            static () => ThreadPool.CompletedWorkItemCount,
            null,
            "Work done by the thread pool.");
        meter.CreateObservableCounter(
            "dotnet_lock_contentions", static () => Monitor.LockContentionCount, null, "Waits for a contended lock.");
        meter.CreateObservableGauge("dotnet_timers", static () => Timer.ActiveCount, null, "Active timers.");
    }

    private static IEnumerable<Measurement<long>> Collections()
    {
        // A collection of a generation collects the younger ones too; each is counted once, as its oldest.
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var older = generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0;
            yield return new Measurement<long>(
                Math.Max(0, GC.CollectionCount(generation) - older),
                new KeyValuePair<string, object?>("generation", generation switch { 0 => "0", 1 => "1", _ => "2" }));
        }
    }
}
