using JobRunner.Telemetry;
using JobRunner.Telemetry.Metrics;
using JobRunner.Telemetry.Tracing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

[Collection<TracingTests>]
public sealed class OtlpExportTests
{
    private static readonly ServiceIdentity Service = new("my-job", "1.2.3");

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task Metrics_spans_and_logs_reach_the_collector(string protocol)
    {
        await using var collector = await OtlpReceiver.StartAsync(protocol);
        var configuration = Configuration(collector.Url, protocol);
        var services = new ServiceCollection().AddSingleton(configuration);
        services.AddLogging(builder => OtlpExport.AddLogs(builder, configuration, Service));
        await using (var provider = services.BuildServiceProvider())
        using (var instruments = new JobInstruments(TimeProvider.System))
        using (OtlpExport.Start(configuration, instruments, Service))
        {
            instruments.DeclareEndpoint("/perform");
            instruments.HttpRequestStarted();
            var message = new MessageFacts { System = "memory", Destination = $"queue-{protocol}", Endpoint = "/perform" };
            using (CallScope.Begin(new CallIdentity("tracing-7", "alice")))
            using (var span = CallTracing.StartMessage(message))
            {
                provider.GetRequiredService<ILogger<OtlpExportTests>>().LogInformation("Working on {Item}", "x");
                span.Ended(200, null);
            }
        }

        collector.Metrics.ShouldContain("commons_requests_started");
        collector.Metrics.ShouldContain("endpoint_requests_started");
        collector.Spans.ShouldContain($"process queue-{protocol}");
        collector.LogBodies.ShouldBe(["Working on x"]);
        collector.LogAttributes.ShouldBe(["x", "Working on {Item}", "tracing-7", "alice"], ignoreOrder: true);
        foreach (var signal in new[] { "metrics", "trace", "logs" })
            collector.ResourceValues(signal).ShouldContain("my-job");
    }

    [Fact]
    public async Task The_name_in_the_environment_wins()
    {
        await using var collector = await OtlpReceiver.StartAsync("http/protobuf");
        var configuration = Configuration(collector.Url, "http/protobuf", ("OTEL_SERVICE_NAME", "from-env"));
        using (var instruments = new JobInstruments(TimeProvider.System))
        using (OtlpExport.Start(configuration, instruments, Service))
            instruments.HttpRequestStarted();

        collector.ResourceValues("metrics").ShouldContain("from-env");
        collector.ResourceValues("metrics").ShouldNotContain("my-job");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public void Without_an_endpoint_nothing_is_exported(string? endpoint)
    {
        using var instruments = new JobInstruments(TimeProvider.System);

        OtlpExport.Start(Configuration(endpoint, "grpc"), instruments, Service).ShouldBeNull();
    }

    [Fact]
    public async Task A_collector_that_is_away_harms_nothing()
    {
        var collector = await OtlpReceiver.StartAsync("http/protobuf");
        var url = collector.Url;
        await collector.DisposeAsync();
        using var page = new MetricsPage();
        using (OtlpExport.Start(
            Configuration(url, "http/protobuf", ("OTEL_EXPORTER_OTLP_TIMEOUT", "100")), page.Instruments, Service))
            page.Instruments.HttpRequestStarted();

        (await page.ScrapeAsync()).Samples["commons_requests_started_total"].ShouldBe(1);
    }

    private static IConfiguration Configuration(
        string? endpoint, string protocol, params (string Key, string Value)[] more) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
            [
                new(OtlpExport.EndpointKey, endpoint),
                new("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                .. more.Select(pair => new KeyValuePair<string, string?>(pair.Key, pair.Value)),
            ])
            .Build();
}
