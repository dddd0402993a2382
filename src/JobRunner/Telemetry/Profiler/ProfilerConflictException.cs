namespace JobRunner.Telemetry.Profiler;

/// <summary>What was asked does not fit the profiler's state; the message says what to do.</summary>
internal sealed class ProfilerConflictException(string message) : InvalidOperationException(message);
