using System.Collections.Concurrent;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// A histogram with the label values it is known to have. The SDK knows no histogram that was never recorded,
/// so the exposition asks here which series to show at zero.
/// </summary>
internal sealed class DeclaredHistogram
{
    private readonly ConcurrentDictionary<string, byte> _labelValues = new(StringComparer.Ordinal);

    /// <param name="name">The exposed name.</param>
    /// <param name="help">The HELP text.</param>
    /// <param name="labelName">Null where the histogram has one series without labels.</param>
    public DeclaredHistogram(string name, string help, string? labelName)
    {
        Name = name;
        Help = help;
        LabelName = labelName;
    }

    public string Name { get; }

    public string Help { get; }

    public string? LabelName { get; }

    public IEnumerable<string> LabelValues => _labelValues.Keys.Order(StringComparer.Ordinal);

    public void Declare(string labelValue) => _labelValues.TryAdd(labelValue, 0);

    public void Withdraw(string labelValue) => _labelValues.TryRemove(labelValue, out _);
}
