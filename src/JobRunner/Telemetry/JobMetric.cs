namespace JobRunner;

/// <summary>One gauge that a job adds to <c>/metrics</c>, returned by its <c>Metrics()</c> method.</summary>
/// <remarks>
/// A metric whose <see cref="Name"/> is empty, or whose <see cref="Value"/> was never given, is left out and an error
/// is logged; one whose value is given as null is left out silently. A name that JobRunner itself exposes is left out
/// with an error. Characters that Prometheus does not allow in names become underscores.
/// </remarks>
public sealed record JobMetric
{
    /// <summary>A metric to be filled in by an object initializer; without a <see cref="Value"/> it is an error.</summary>
    public JobMetric()
    {
    }

    /// <summary>A metric with all its parts.</summary>
    /// <param name="name">The name, by Prometheus' conventions with the unit in it: <c>job_wasted_seconds</c>.</param>
    /// <param name="value">The value, NaN and infinities included; null leaves the metric out of this scrape.</param>
    /// <param name="description">The HELP text; a general one by default.</param>
    /// <param name="labels">Label names and values; none by default.</param>
    public JobMetric(
        string? name,
        double? value,
        string? description = null,
        IReadOnlyDictionary<string, string>? labels = null)
    {
        Name = name;
        Value = value;
        Description = description;
        Labels = labels;
    }

    /// <summary>The name under which Prometheus knows the gauge.</summary>
    public string? Name { get; init; }

    /// <summary>The gauge's value now; null leaves it out of this scrape.</summary>
    public double? Value
    {
        get;
        init
        {
            field = value;
            HasValue = true;
        }
    }

    /// <summary>The HELP text.</summary>
    public string? Description { get; init; }

    /// <summary>Label names and values. Several metrics may share a name when their labels differ.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Whether <see cref="Value"/> was given, be it as null.</summary>
    internal bool HasValue { get; private init; }
}
