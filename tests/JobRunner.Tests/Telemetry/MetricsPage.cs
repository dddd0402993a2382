using System.Buffers;
using System.Text;
using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace JobRunner.Tests.Telemetry;

/// <summary>The instruments of one host and the page that shows them.</summary>
internal sealed class MetricsPage : IDisposable
{
    public MetricsPage(TimeProvider? time = null)
    {
        Instruments = new JobInstruments(time ?? TimeProvider.System);
        Exposition = new MetricsExposition(Instruments, time ?? TimeProvider.System, Logger);
    }

    public JobInstruments Instruments { get; }

    public MetricsExposition Exposition { get; }

    public RecordingLogger<MetricsExposition> Logger { get; } = new();

    public IEnumerable<string> Errors => Logger.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Message);

    public async Task<string> TextAsync()
    {
        var buffer = new ArrayBufferWriter<byte>();
        await Exposition.WriteAsync(buffer, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public async Task<Scrape> ScrapeAsync() => Scrape.Parse(await TextAsync());

    public void Dispose()
    {
        Exposition.Dispose();
        Instruments.Dispose();
    }
}
