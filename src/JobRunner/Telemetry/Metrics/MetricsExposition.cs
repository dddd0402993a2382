using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// The page at <c>/metrics</c>: the host's instruments, then what the job adds, in the Prometheus text format 0.0.4.
/// To be created before the first call, since nothing is counted without it.
/// </summary>
internal sealed class MetricsExposition : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly HashSet<string> _ownNames = new(StringComparer.Ordinal);
    private readonly ScrapeExporter _exporter;
    private readonly MeterProvider _provider;
    private readonly JobMetricSource _jobMetrics;

    public MetricsExposition(JobInstruments instruments, TimeProvider time, ILogger<MetricsExposition> logger)
    {
        _jobMetrics = new JobMetricSource(logger, time);
        _exporter = new ScrapeExporter(instruments.Histograms);
        _provider = Sdk.CreateMeterProviderBuilder()
            // The page does not depend on OTEL_* variables, which are for the OTLP export.
            .ConfigureServices(services => services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()))
            .AddMeter(JobInstruments.MeterName)
            .AddView(instrument => View(instrument, instruments.Meter))
            .AddReader(new BaseExportingMetricReader(_exporter))
            .Build();
        instruments.ShowZeroes();
    }

    /// <summary>Sets what yields the job's own metrics, once the job is loaded. It is called at every scrape.</summary>
    public void UseJobMetrics(Func<IEnumerable<JobMetric?>?> provider) => _jobMetrics.Provider = provider;

    /// <summary>Writes the page. Concurrent scrapes wait for each other.</summary>
    /// <param name="output">Receives UTF-8 text; a <see cref="System.IO.Pipelines.PipeWriter"/> is not flushed.</param>
    /// <param name="cancellationToken">Ends the wait for another scrape or for the job's metrics.</param>
    public async ValueTask WriteAsync(IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            _exporter.Scrape(output);
        }
        finally
        {
            _oneAtATime.Release();
        }

        var metrics = await _jobMetrics.ReadAsync(cancellationToken);
        _jobMetrics.Write(metrics, new PrometheusText(output), _ownNames);
    }

    public void Dispose()
    {
        _provider.Dispose();
        _oneAtATime.Dispose();
    }

    private MetricStreamConfiguration View(Instrument instrument, Meter own)
    {
        if (ReferenceEquals(instrument.Meter, own))
            _ownNames.UnionWith(OwnMeter.SampleNames(instrument));
        return OwnMeter.View(instrument, own);
    }
}
