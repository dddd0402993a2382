using System.Buffers;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// The pull exporter behind <c>/metrics</c>: hands what the SDK has aggregated to <see cref="MetricFamilyWriter"/>.
/// One scrape at a time; the caller sees to that.
/// </summary>
[ExportModes(ExportModes.Pull)]
internal sealed class ScrapeExporter(IReadOnlyList<DeclaredHistogram> histograms)
    : BaseExporter<Metric>, IPullMetricExporter
{
    private IBufferWriter<byte>? _output;

    /// <summary>Set by the reader this exporter belongs to.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>Writes all families to <paramref name="output"/>.</summary>
    /// <param name="output">Receives the text.</param>
    /// <exception cref="InvalidOperationException">The SDK could not collect.</exception>
    public void Scrape(IBufferWriter<byte> output)
    {
        _output = output;
        try
        {
            if (Collect is null || !Collect(Timeout.Infinite))
                throw new InvalidOperationException("The metrics could not be collected.");
        }
        finally
        {
            _output = null;
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        // The SDK collects once more when it shuts down, and nobody reads then.
        if (_output is null)
            return ExportResult.Success;

        var writer = new MetricFamilyWriter(new PrometheusText(_output));
        var missing = histograms.ToDictionary(histogram => histogram.Name, StringComparer.Ordinal);
        foreach (var metric in batch)
        {
            missing.Remove(metric.Name, out var declared);
            writer.Write(metric, declared);
        }

        foreach (var histogram in missing.Values)
            writer.WriteEmpty(histogram);
        return ExportResult.Success;
    }
}
