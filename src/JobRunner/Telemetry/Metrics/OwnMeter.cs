using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// Keeps the hosts of one process apart: the SDK subscribes to meters by name, and several may bear it.
/// </summary>
internal static class OwnMeter
{
    /// <summary>More series than this of one metric share one overflow series.</summary>
    private const int SeriesLimit = 500;

    /// <summary>The names of an instrument's samples in the Prometheus text format.</summary>
    public static IEnumerable<string> SampleNames(Instrument instrument) => instrument switch
    {
        Counter<long> or ObservableCounter<long> or ObservableCounter<double> => [instrument.Name + "_total"],
        Histogram<double> =>
            [instrument.Name, instrument.Name + "_bucket", instrument.Name + "_sum", instrument.Name + "_count"],
        _ => [instrument.Name],
    };

    public static MetricStreamConfiguration View(Instrument instrument, Meter own)
    {
        if (!ReferenceEquals(instrument.Meter, own))
            return MetricStreamConfiguration.Drop;

        return instrument is Histogram<double>
            ? new ExplicitBucketHistogramConfiguration
            {
                Boundaries = [.. DurationBuckets.Bounds],
                RecordMinMax = false,
                CardinalityLimit = SeriesLimit,
            }
            : new MetricStreamConfiguration { CardinalityLimit = SeriesLimit };
    }
}
