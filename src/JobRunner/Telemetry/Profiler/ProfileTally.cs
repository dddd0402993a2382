namespace JobRunner.Telemetry.Profiler;

/// <summary>Adds up samples into a <see cref="ProfileView"/>.</summary>
internal sealed class ProfileTally(string name, ProfileUnit unit)
{
    private const string Unknown = "(unknown)";

    private readonly StackNode _root = new("all");
    private readonly Dictionary<string, (double Value, int Samples)> _sites = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (double Value, int Samples)> _types = new(StringComparer.Ordinal);

    /// <param name="frames">The stack, outermost first.</param>
    /// <param name="type">The allocated type; null for time.</param>
    /// <param name="value">Bytes or milliseconds.</param>
    public void Add(IReadOnlyList<StackFrameName> frames, string? type, double value)
    {
        _root.Add(frames, value);
        // The framework allocates on somebody's behalf: the innermost frame of the job's own code is the site.
        var site = frames.LastOrDefault(frame => frame.IsOwn) ?? (frames.Count > 0 ? frames[^1] : null);
        Add(_sites, site?.Method ?? Unknown, value);
        if (type is not null)
            Add(_types, type, value);
    }

    public ProfileView ToView() => new(name, unit, _root, Ranked(_sites), Ranked(_types));

    private static void Add(Dictionary<string, (double Value, int Samples)> sums, string key, double value)
    {
        var (sum, samples) = sums.GetValueOrDefault(key);
        sums[key] = (sum + value, samples + 1);
    }

    private static List<ProfileEntry> Ranked(Dictionary<string, (double Value, int Samples)> sums) =>
        [.. sums.Select(pair => new ProfileEntry(pair.Key, pair.Value.Value, pair.Value.Samples))
            .OrderByDescending(entry => entry.Value)];
}
