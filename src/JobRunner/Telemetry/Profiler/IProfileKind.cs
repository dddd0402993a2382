using Microsoft.Diagnostics.NETCore.Client;

namespace JobRunner.Telemetry.Profiler;

/// <summary>One way of profiling: which events are recorded, and how they are read.</summary>
internal interface IProfileKind
{
    /// <summary>The path segment and file name: <c>memory</c>, <c>cpu</c>.</summary>
    string Name { get; }

    /// <summary>The events to record.</summary>
    IReadOnlyList<EventPipeProvider> Providers { get; }

    /// <summary>What must happen while the recording still runs, for the report to be complete.</summary>
    void BeforeStop();

    /// <summary>Reads a finished recording; takes seconds.</summary>
    /// <param name="path">The <c>.nettrace</c> file.</param>
    Profile Read(string path);
}
