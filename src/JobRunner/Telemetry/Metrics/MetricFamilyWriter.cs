using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>Writes one aggregated metric as one Prometheus family.</summary>
internal readonly struct MetricFamilyWriter(PrometheusText text)
{
    public void Write(Metric metric, DeclaredHistogram? declared)
    {
        switch (metric.MetricType)
        {
            case MetricType.Histogram:
                WriteHistogram(metric, declared);
                break;
            case MetricType.LongSum:
                WriteSamples(metric, "counter", "_total", static point => point.GetSumLong());
                break;
            case MetricType.DoubleSum:
                WriteSamples(metric, "counter", "_total", static point => point.GetSumDouble());
                break;
            case MetricType.LongSumNonMonotonic:
                WriteSamples(metric, "gauge", "", static point => point.GetSumLong());
                break;
            case MetricType.DoubleSumNonMonotonic:
                WriteSamples(metric, "gauge", "", static point => point.GetSumDouble());
                break;
            case MetricType.LongGauge:
                WriteSamples(metric, "gauge", "", static point => point.GetGaugeLastValueLong());
                break;
            case MetricType.DoubleGauge:
                WriteSamples(metric, "gauge", "", static point => point.GetGaugeLastValueDouble());
                break;
            default:
                throw new NotSupportedException($"Metric '{metric.Name}' is of kind {metric.MetricType}.");
        }
    }

    /// <summary>A histogram nothing was recorded in: its declared series, at zero.</summary>
    public void WriteEmpty(DeclaredHistogram histogram)
    {
        StartHistogram(histogram.Name, histogram.Help);
        WriteDeclared(histogram, written: []);
    }

    private void WriteSamples(Metric metric, string type, string suffix, Func<MetricPoint, double> read)
    {
        var name = PrometheusName.OfMetric(metric.Name);
        if (!name.EndsWith(suffix, StringComparison.Ordinal))
            name += suffix;
        text.Family(name, type, metric.Description);
        foreach (ref readonly var point in metric.GetMetricPoints())
            text.Sample(name, Labels(point.Tags), read(point));
    }

    private void WriteHistogram(Metric metric, DeclaredHistogram? declared)
    {
        var name = PrometheusName.OfMetric(metric.Name);
        StartHistogram(name, metric.Description);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            written.Add(labels);
            long count = 0;
            foreach (var bucket in point.GetHistogramBuckets())
            {
                count += bucket.BucketCount;
                WriteBucket(name, labels, bucket.ExplicitBound, count);
            }

            text.Sample(name + "_sum", labels, point.GetHistogramSum());
            text.Sample(name + "_count", labels, count);
        }

        if (declared is not null)
            WriteDeclared(declared, written);
    }

    private void WriteDeclared(DeclaredHistogram histogram, HashSet<string> written)
    {
        IEnumerable<string> series = histogram.LabelName is { } label
            ? histogram.LabelValues.Select(value => PrometheusText.Label(label, value))
            : [""];
        foreach (var labels in series.Where(labels => !written.Contains(labels)))
        {
            foreach (var bound in DurationBuckets.Bounds)
                WriteBucket(histogram.Name, labels, bound, 0);
            WriteBucket(histogram.Name, labels, double.PositiveInfinity, 0);
            text.Sample(histogram.Name + "_sum", labels, 0);
            text.Sample(histogram.Name + "_count", labels, 0);
        }
    }

    private void StartHistogram(string name, string help) => text.Family(name, "histogram", help);

    private void WriteBucket(string name, string labels, double bound, long count)
    {
        var le = PrometheusText.Label("le", PrometheusText.Number(bound));
        text.Sample(name + "_bucket", labels.Length == 0 ? le : $"{labels},{le}", count);
    }

    private static string Labels(ReadOnlyTagCollection tags)
    {
        var labels = "";
        foreach (var (key, value) in tags)
        {
            var label = PrometheusText.Label(
                PrometheusName.OfLabel(key), Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
            labels = labels.Length == 0 ? label : $"{labels},{label}";
        }

        return labels;
    }
}
