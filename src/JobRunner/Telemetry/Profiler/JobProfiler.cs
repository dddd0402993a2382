using Microsoft.Extensions.Configuration;

namespace JobRunner.Telemetry.Profiler;

/// <summary>The memory and the CPU profiler of a host. Disposing ends what they record and removes their files.</summary>
internal sealed class JobProfiler : IAsyncDisposable
{
    /// <summary>The variable that asks for the profiler's routes.</summary>
    public const string EnabledKey = "MEMORY_PROFILER";

    public IReadOnlyList<ProfilerSession> Sessions { get; } = [new(new MemoryProfile()), new(new CpuProfile())];

    public static bool IsWanted(IConfiguration configuration) => EnvironmentFlag.IsOn(configuration[EnabledKey]);

    public async ValueTask DisposeAsync()
    {
        foreach (var session in Sessions)
            await session.DisposeAsync();
    }
}
