using System.Net;
using System.Text;
using JobRunner.Tests.Execution;
using JobRunner.Tests.Hosting;
using JobRunner.Tests.Http;

namespace JobRunner.Tests.Telemetry;

/// <summary>What a served job tells of the requests that it gets.</summary>
public sealed class ServedTelemetryTests
{
    [Theory]
    [InlineData("POST", "/api/v1/perform", "{\"number\":1}", "application/json", 200, true, null)]
    [InlineData("POST", "/api/v1/perform", "{\"number\":\"x\"}", "application/json", 400, true, "400")]
    [InlineData("POST", "/api/v1/perform", "{", "application/json", 422, false, null)]
    [InlineData("POST", "/api/v1/perform", "[]", "application/json", 422, false, null)]
    [InlineData("POST", "/api/v1/perform", "{}", "text/plain", 415, false, null)]
    [InlineData("PUT", "/api/v1/perform", "{}", "application/json", 405, false, null)]
    [InlineData("POST", "/api/v1/nothing", "{}", "application/json", 404, false, null)]
    public async Task A_call_counts_once_its_body_is_an_object(
        string method, string path, string body, string mediaType, int status, bool counts, string? failure)
    {
        await using var host = await TestHost.ServeAsync(new CountedJob());
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, Encoding.UTF8, mediaType) };

        (await host.SendAsync(request)).Status.ShouldBe(status);

        var scrape = Scrape.Parse((await host.GetAsync("/metrics")).Body);
        var count = counts ? 1 : 0;
        scrape.Samples["requests_started_total"].ShouldBe(count);
        scrape.Samples["requests_done_total"].ShouldBe(count);
        scrape.Samples["endpoint_requests_started_total{endpoint=\"/perform\"}"].ShouldBe(count);
        scrape.Samples["request_duration_count{endpoint=\"/perform\"}"].ShouldBe(count);
        scrape.Samples["request_internal_errors_total{endpoint=\"/perform\"}"].ShouldBe(failure is null ? 0 : 1);
        if (failure is not null)
            scrape.Samples[$"jobrunner_calls_failed_total{{endpoint=\"/perform\",status=\"{failure}\"}}"].ShouldBe(1);
        scrape.Samples["commons_requests_started_total"].ShouldBe(2);
    }

    [Fact]
    public async Task A_call_that_finds_the_gate_full_counts_as_rejected_and_as_an_error()
    {
        var job = new CountedJob();
        await using var host = await TestHost.ServeAsync(
            job, "name: tested\njobtype_extra: {max_concurrency: 1, max_concurrency_queue: 0}\n");
        var running = host.CallAsync("/hold", "{}");
        await Eventually.TrueAsync(
            async () => Scrape.Parse((await host.GetAsync("/metrics")).Body).Samples["jobrunner_calls_in_flight"] == 1, "no call runs");

        (await host.CallAsync("/perform", """{"number":1}""")).Status.ShouldBe(429);

        var scrape = Scrape.Parse((await host.GetAsync("/metrics")).Body);
        scrape.Samples["jobrunner_calls_rejected_total"].ShouldBe(1);
        scrape.Samples["request_internal_errors_total{endpoint=\"/perform\"}"].ShouldBe(1);
        scrape.Samples["jobrunner_calls_failed_total{endpoint=\"/perform\",status=\"429\"}"].ShouldBe(1);
        job.Go();
        (await running).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_host_in_a_process_of_its_own_sends_all_three_signals(string protocol)
    {
        await using var collector = await OtlpReceiver.StartAsync(protocol);
        await using var host = await HostProcess.StartAsync(
            nameof(TaskProof),
            "jobtype_extra: {shutdown_delay: 0}\n",
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
            ("LOG_CALLER_NAME", "true"));
        using var client = new HttpClient { BaseAddress = host.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/perform")
        {
            Content = new StringContent("""{"number": 7}""", Encoding.UTF8, "application/json"),
            Headers = { { "X-Caller-Name", "alice" }, { "X-Request-Tracing-Id", "tracing-7" } },
        };
        using var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        await Eventually.TrueAsync(() => collector.Spans.Contains("POST /api/v1/perform"), () => $"no span\n{host.Output}");
        await Eventually.TrueAsync(() => collector.Metrics.Contains("request_internal_errors"), () => $"no metric\n{host.Output}");
        await Eventually.TrueAsync(
            () => collector.LogAttributes.Contains("tracing-7") && collector.LogAttributes.Contains("alice"), () => $"no log\n{host.Output}");
        foreach (var signal in new[] { "metrics", "trace", "logs" })
            collector.ResourceValues(signal).ShouldContain("tested");
    }

    public sealed class CountedJob
    {
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Perform(int number) => number;

        [JobEndpoint("/hold")]
        public Task HoldAsync() => _go.Task;

        public void Go() => _go.TrySetResult();
    }
}
