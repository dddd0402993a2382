using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using JobRunner.Telemetry.Metrics;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class ExpositionFuzzTests
{
    [Fact]
    public void Whatever_a_job_names_and_labels_its_metrics_the_page_reads_back() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll<NonNull<string>, NonNull<string>, double>((name, text, value) =>
        {
            var scrape = Write(new JobMetric(
                name.Get, value, text.Get, new Dictionary<string, string> { [name.Get] = text.Get }));
            if (string.IsNullOrWhiteSpace(name.Get))
            {
                scrape.ShouldBeNull();
                return;
            }

            var sample = scrape!.Samples.ShouldHaveSingleItem();
            sample.Value.ShouldBe(value);
            // What is no Unicode text cannot be UTF-8.
            scrape.LabelValues(PrometheusName.OfLabel(name.Get)).ShouldBe([Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get))]);
        }));

    private static Scrape? Write(JobMetric metric)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JobMetricSource(new RecordingLogger<ExpositionFuzzTests>(), TimeProvider.System)
            .Write([metric], new PrometheusText(buffer), new HashSet<string>());
        return buffer.WrittenCount == 0 ? null : Scrape.Parse(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
