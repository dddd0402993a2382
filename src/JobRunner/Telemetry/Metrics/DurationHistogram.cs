using System.Diagnostics.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>A histogram of seconds with the bounds of <see cref="DurationBuckets"/>.</summary>
internal static class DurationHistogram
{
    public static Histogram<double> Create(Meter meter, DeclaredHistogram declared) =>
        meter.CreateHistogram(
            declared.Name,
            unit: null,
            declared.Help,
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets.Bounds });
}
