using JobRunner.Telemetry.Metrics;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class JobInstrumentsTests
{
    private static readonly string[] Buckets =
    [
        "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0",
        "7.5", "10.0", "25.0", "50.0", "75.0", "100.0", "250.0", "500.0", "750.0", "1000.0", "+Inf",
    ];

    [Theory]
    [InlineData("requests_started_total", "counter")]
    [InlineData("requests_done_total", "counter")]
    [InlineData("last_call_timestamp", "gauge")]
    [InlineData("commons_requests_started_total", "counter")]
    [InlineData("commons_requests_done_total", "counter")]
    [InlineData("commons_internal_server_errors_total", "counter")]
    [InlineData("jobrunner_calls_in_flight", "gauge")]
    [InlineData("jobrunner_calls_waiting", "gauge")]
    [InlineData("jobrunner_calls_stuck", "gauge")]
    [InlineData("jobrunner_calls_rejected_total", "counter")]
    [InlineData("jobrunner_log_lines_dropped_total", "counter")]
    public async Task A_series_without_labels_is_zero_from_the_start(string name, string type)
    {
        using var page = new MetricsPage();

        var scrape = await page.ScrapeAsync();

        scrape.Types[name].ShouldBe(type);
        scrape.Samples[name].ShouldBe(0);
    }

    [Fact]
    public async Task The_series_of_a_declared_endpoint_are_zero_from_the_start()
    {
        using var page = new MetricsPage();
        page.Instruments.DeclareEndpoint("/perform");
        page.Instruments.DeclareEndpoint("explain");

        var scrape = await page.ScrapeAsync();

        foreach (var endpoint in new[] { "/perform", "/explain" })
        {
            scrape.Samples[$"endpoint_requests_started_total{{endpoint=\"{endpoint}\"}}"].ShouldBe(0);
            scrape.Samples[$"request_internal_errors_total{{endpoint=\"{endpoint}\"}}"].ShouldBe(0);
            scrape.Samples[$"request_duration_count{{endpoint=\"{endpoint}\"}}"].ShouldBe(0);
            scrape.Samples[$"request_duration_sum{{endpoint=\"{endpoint}\"}}"].ShouldBe(0);
            scrape.Samples[$"request_duration_bucket{{endpoint=\"{endpoint}\",le=\"+Inf\"}}"].ShouldBe(0);
        }

        scrape.Types["request_duration"].ShouldBe("histogram");
    }

    [Fact]
    public async Task Both_histograms_have_the_buckets_dashboards_know_before_and_after_a_call()
    {
        using var page = new MetricsPage();
        var endpoint = page.Instruments.DeclareEndpoint("/perform");
        var before = await page.ScrapeAsync();

        page.Instruments.HttpRequestStarted();
        page.Instruments.CallStarted(endpoint);
        page.Instruments.CallEnded(endpoint, 200, failed: false, 0.06);
        page.Instruments.HttpRequestEnded(0.06);
        var after = await page.ScrapeAsync();

        foreach (var scrape in new[] { before, after })
        {
            BucketsOf(scrape, "commons_request_duration_bucket{").ShouldBe(Buckets);
            BucketsOf(scrape, "request_duration_bucket{endpoint=\"/perform\",").ShouldBe(Buckets);
        }

        after.Samples["request_duration_bucket{endpoint=\"/perform\",le=\"0.05\"}"].ShouldBe(0);
        after.Samples["request_duration_bucket{endpoint=\"/perform\",le=\"0.075\"}"].ShouldBe(1);
        after.Samples["request_duration_bucket{endpoint=\"/perform\",le=\"+Inf\"}"].ShouldBe(1);
        after.Samples["request_duration_sum{endpoint=\"/perform\"}"].ShouldBe(0.06);
        after.Samples["commons_request_duration_count"].ShouldBe(1);
    }

    [Fact]
    public async Task A_call_that_succeeds_counts_as_started_done_and_timed_but_not_as_an_error()
    {
        var clock = new FixedTime(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250));
        using var page = new MetricsPage(clock);
        var endpoint = page.Instruments.DeclareEndpoint("/perform");

        page.Instruments.CallStarted(endpoint);
        var during = await page.ScrapeAsync();
        page.Instruments.CallEnded(endpoint, 200, failed: false, 0.5);
        var after = await page.ScrapeAsync();

        during.Samples["requests_started_total"].ShouldBe(1);
        during.Samples["endpoint_requests_started_total{endpoint=\"/perform\"}"].ShouldBe(1);
        during.Samples["requests_done_total"].ShouldBe(0);
        after.Samples["requests_done_total"].ShouldBe(1);
        after.Samples["request_internal_errors_total{endpoint=\"/perform\"}"].ShouldBe(0);
        after.Samples["last_call_timestamp"].ShouldBe(1_700_000_000.25);
        after.Text.ShouldNotContain("jobrunner_calls_failed_total{");
    }

    [Theory]
    [InlineData(400, "400")]
    [InlineData(429, "429")]
    [InlineData(500, "500")]
    [InlineData(99_999, "other")]
    public async Task A_failed_call_counts_as_an_error_whatever_its_status_and_by_its_status(int status, string label)
    {
        using var page = new MetricsPage();
        var endpoint = page.Instruments.DeclareEndpoint("/perform");

        page.Instruments.CallStarted(endpoint);
        page.Instruments.CallEnded(endpoint, status, failed: true, 0.001);
        var scrape = await page.ScrapeAsync();

        scrape.Samples["request_internal_errors_total{endpoint=\"/perform\"}"].ShouldBe(1);
        scrape.Samples[$"jobrunner_calls_failed_total{{endpoint=\"/perform\",status=\"{label}\"}}"].ShouldBe(1);
        scrape.Samples["requests_done_total"].ShouldBe(1);
    }

    [Fact]
    public async Task Http_requests_errors_and_rejections_are_counted()
    {
        using var page = new MetricsPage();

        page.Instruments.HttpRequestStarted();
        page.Instruments.HttpRequestStarted();
        page.Instruments.HttpRequestEnded(0.1);
        page.Instruments.HttpServerError();
        page.Instruments.CallRejected();
        var scrape = await page.ScrapeAsync();

        scrape.Samples["commons_requests_started_total"].ShouldBe(2);
        scrape.Samples["commons_requests_done_total"].ShouldBe(1);
        scrape.Samples["commons_internal_server_errors_total"].ShouldBe(1);
        scrape.Samples["jobrunner_calls_rejected_total"].ShouldBe(1);
    }

    [Fact]
    public async Task Unknown_paths_share_one_label_value()
    {
        using var page = new MetricsPage();
        page.Instruments.DeclareEndpoint("/perform");

        for (var i = 0; i < 100; i++)
            page.Instruments.CallStarted(page.Instruments.EndpointOf($"/nowhere/{i}"));
        page.Instruments.CallStarted(page.Instruments.EndpointOf("/perform"));
        var scrape = await page.ScrapeAsync();

        scrape.LabelValues("endpoint").Distinct().Order().ShouldBe(["/perform", "unknown"]);
        scrape.Samples["endpoint_requests_started_total{endpoint=\"unknown\"}"].ShouldBe(100);
    }

    [Fact]
    public async Task Gauges_read_the_gate_at_every_scrape()
    {
        using var page = new MetricsPage();
        long running = 3;
        page.Instruments.ObserveGate(new GateReadings(() => running, () => 2, () => 1));

        (await page.ScrapeAsync()).Samples["jobrunner_calls_in_flight"].ShouldBe(3);
        running = 4;
        var scrape = await page.ScrapeAsync();

        scrape.Samples["jobrunner_calls_in_flight"].ShouldBe(4);
        scrape.Samples["jobrunner_calls_waiting"].ShouldBe(2);
        scrape.Samples["jobrunner_calls_stuck"].ShouldBe(1);
    }

    [Fact]
    public async Task Two_hosts_of_one_process_count_apart()
    {
        using var one = new MetricsPage();
        using var other = new MetricsPage();

        one.Instruments.HttpRequestStarted();

        (await one.ScrapeAsync()).Samples["commons_requests_started_total"].ShouldBe(1);
        (await other.ScrapeAsync()).Samples["commons_requests_started_total"].ShouldBe(0);
    }

    [Fact]
    public async Task An_endpoint_declared_before_the_page_exists_is_shown_at_zero()
    {
        using var instruments = new JobInstruments(TimeProvider.System);
        instruments.DeclareEndpoint("/perform");
        using var exposition = new MetricsExposition(instruments, TimeProvider.System, new RecordingLogger<MetricsExposition>());

        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        await exposition.WriteAsync(buffer, TestContext.Current.CancellationToken);

        Scrape.Parse(System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan))
            .Samples["endpoint_requests_started_total{endpoint=\"/perform\"}"].ShouldBe(0);
    }

    [Fact]
    public void Counting_a_call_allocates_nothing()
    {
        using var page = new MetricsPage();
        var endpoint = page.Instruments.DeclareEndpoint("/perform");
        void Call()
        {
            page.Instruments.HttpRequestStarted();
            page.Instruments.CallStarted(page.Instruments.EndpointOf("/perform"));
            page.Instruments.CallEnded(endpoint, 500, failed: true, 0.01);
            page.Instruments.HttpRequestEnded(0.01);
        }

        for (var i = 0; i < 100; i++)
            Call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Call();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    private static IEnumerable<string> BucketsOf(Scrape scrape, string prefix) =>
        scrape.Samples.Keys
            .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => key[(key.IndexOf("le=\"", StringComparison.Ordinal) + 4)..^2]);
}
