namespace JobRunner.Telemetry.Profiler;

/// <summary>What a recording says.</summary>
/// <param name="Title">The page's heading.</param>
/// <param name="Samples">Events the figures are estimated from.</param>
/// <param name="Views">The most telling view first.</param>
internal sealed record Profile(string Title, int Samples, IReadOnlyList<ProfileView> Views);

/// <summary>One figure, told by stack, by method and, for memory, by type.</summary>
/// <param name="Name">What is counted.</param>
/// <param name="Unit">Whether the figure is memory or time.</param>
/// <param name="Root">The stacks.</param>
/// <param name="Sites">The methods of the job's own code that are answerable, most first.</param>
/// <param name="Types">The types of the objects, most first; empty for time.</param>
internal sealed record ProfileView(
    string Name, ProfileUnit Unit, StackNode Root, IReadOnlyList<ProfileEntry> Sites, IReadOnlyList<ProfileEntry> Types);

/// <summary>A line of a ranking.</summary>
internal sealed record ProfileEntry(string Name, double Value, int Samples);

/// <summary>What a profile's figure is.</summary>
internal enum ProfileUnit
{
    Bytes,
    Milliseconds,
}
