using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace JobRunner.Telemetry.Tracing;

/// <summary>
/// Sends metrics, spans and log records to a collector where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one. Protocol,
/// headers, intervals, sampling and resource are configured by OpenTelemetry's own <c>OTEL_*</c> variables. Disposing
/// sends what still waits.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    public const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;

    private OtlpExport(MeterProvider metrics, TracerProvider traces) => (_metrics, _traces) = (metrics, traces);

    /// <summary>Whether an endpoint is configured.</summary>
    public static bool IsWanted(IConfiguration configuration) => !string.IsNullOrWhiteSpace(configuration[EndpointKey]);

    /// <summary>Starts the export of metrics and spans; null where no endpoint is configured.</summary>
    public static OtlpExport? Start(IConfiguration configuration, JobInstruments instruments, ServiceIdentity service)
    {
        if (!IsWanted(configuration))
            return null;

        var metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(resource => service.AddTo(resource, configuration))
            .AddMeter(JobInstruments.MeterName)
            .AddView(instrument => OwnMeter.View(instrument, instruments.Meter))
            .AddOtlpExporter()
            .Build();
        var traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(resource => service.AddTo(resource, configuration))
            .AddSource(CallTracing.SourceName)
            .AddOtlpExporter()
            .Build();
        instruments.ShowZeroes();
        return new OtlpExport(metrics, traces);
    }

    /// <summary>Adds the export of log records beside the console; does nothing where no endpoint is configured.</summary>
    public static void AddLogs(ILoggingBuilder builder, IConfiguration configuration, ServiceIdentity service)
    {
        if (!IsWanted(configuration))
            return;

        var resource = ResourceBuilder.CreateDefault();
        service.AddTo(resource, configuration);
        builder.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
            logs.SetResourceBuilder(resource);
            logs.AddProcessor(new CallAttributes());
            logs.AddOtlpExporter();
        });
    }

    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }
}
