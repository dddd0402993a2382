using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// The process metrics under the names that Prometheus client libraries share. Where the system does not tell
/// (<c>/proc</c> is Linux's), a series is left out.
/// </summary>
internal static class ProcessInstruments
{
    public static void AddTo(Meter meter)
    {
        var startTime = StartTime();
        meter.CreateObservableCounter(
            "process_cpu_seconds",
            static () => Environment.CpuUsage.TotalTime.TotalSeconds,
            null,
            "Processor time used, user and system.");
        meter.CreateObservableGauge(
            "process_resident_memory_bytes", static () => Environment.WorkingSet, null, "Resident memory.");
        meter.CreateObservableGauge(
            "process_start_time_seconds", () => startTime, null, "Start of the process since the Unix epoch.");
        Observe(meter, "process_virtual_memory_bytes", "Virtual memory.", ProcFile.VirtualMemoryBytes);
        Observe(meter, "process_open_fds", "Open file descriptors.", ProcFile.OpenDescriptors);
        Observe(meter, "process_max_fds", "The limit of open file descriptors.", ProcFile.MaxDescriptors);
        Observe(meter, "process_num_threads", "Threads of the operating system.", ProcFile.Threads);
    }

    private static void Observe(Meter meter, string name, string help, Func<long?> read) =>
        meter.CreateObservableGauge(name, () => Read(read), null, help);

    private static IEnumerable<Measurement<long>> Read(Func<long?> read) =>
        read() is { } value ? [new Measurement<long>(value)] : [];

    private static double StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000d;
    }
}
