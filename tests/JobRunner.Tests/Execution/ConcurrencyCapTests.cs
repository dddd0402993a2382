using System.Net;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Execution;

public sealed class ConcurrencyCapTests
{
    private const string OneAndOne = "jobtype_extra: {max_concurrency: 1, max_concurrency_queue: 1}";

    [Fact]
    public async Task Past_the_places_and_the_line_a_call_is_answered_429_and_the_rest_are_carried_out()
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(
            job, "jobtype_extra: {max_concurrency: 2, max_concurrency_queue: 3}");
        var calls = new List<Task<HttpResponseMessage>>();
        for (var id = 1; id <= 5; id++)
        {
            calls.Add(host.CallAsync(payload: $$"""{"id": {{id}}}"""));
            var expected = id;
            await Eventually.TrueAsync(() => host.Gate.InFlight + host.Gate.Waiting == expected, "every call is let in");
        }

        using var refused = await host.CallAsync("/api/v1/other", """{"id": 6}""");

        var body = await refused.JsonAsync(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        body.GetProperty("type").GetString().ShouldBe("TooManyRequests");
        body.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
        var detail = body.GetProperty("detail").GetString()!;
        detail.ShouldContain("2");
        detail.ShouldContain("3");

        for (var id = 1; id <= 5; id++)
            job.End(id);
        foreach (var call in calls)
            (await call).StatusCode.ShouldBe(HttpStatusCode.OK);
        job.Started.Take(2).ShouldBe([1, 2], ignoreOrder: true);
        job.Started.Count.ShouldBe(5);
        var metrics = await host.Client.GetStringAsync("/metrics");
        metrics.ShouldContain("jobrunner_calls_rejected_total 1");
    }

    [Fact]
    public async Task The_sample_runs_two_calls_and_lets_three_wait()
    {
        var manifest = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", "Concurrency", "job.yaml"));
        await using var host = await TestJobHost.StartAsync(new SharedInstrument(), manifest);
        var calls = Enumerable.Range(0, 5).Select(_ => host.CallAsync(payload: """{"seconds": 2}""")).ToList();
        await Eventually.TrueAsync(() => host.Gate.InFlight + host.Gate.Waiting == 5, "five calls are let in");

        (await host.CallAsync(payload: """{"seconds": 2}""")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        foreach (var call in calls)
            (await (await call).JsonAsync(HttpStatusCode.OK)).GetInt32().ShouldBeInRange(1, 2);
    }

    [Fact]
    public async Task Waiting_calls_go_in_order_of_arrival_over_all_endpoints()
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(job, "jobtype_extra: {max_concurrency: 1}");
        var calls = new List<Task<HttpResponseMessage>>();
        for (var id = 0; id < 6; id++)
        {
            calls.Add(host.CallAsync(id % 2 == 0 ? "/api/v1/perform" : "/api/v1/other", $$"""{"id": {{id}}}"""));
            var expected = id + 1;
            await Eventually.TrueAsync(() => host.Gate.InFlight + host.Gate.Waiting == expected, "every call is let in");
        }

        for (var id = 0; id < 6; id++)
        {
            await Eventually.TrueAsync(() => job.Started.Contains(id), "the next in line starts");
            job.End(id);
        }

        await Task.WhenAll(calls);
        job.Started.ShouldBe([0, 1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_waiting_call_whose_client_disconnects_leaves_the_line_and_never_runs()
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(job, OneAndOne);
        var running = host.CallAsync(payload: """{"id": 1}""");
        await Eventually.TrueAsync(() => !job.Started.IsEmpty, "the first call runs");
        using var impatience = new CancellationTokenSource();
        var leaver = host.CallAsync(payload: """{"id": 2}""", cancellationToken: impatience.Token);
        await Eventually.TrueAsync(() => host.Gate.Waiting == 1, "the second call waits");

        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leaver);
        await Eventually.TrueAsync(() => host.Gate.Waiting == 0, "the second call leaves");

        var third = host.CallAsync(payload: """{"id": 3}""");
        await Eventually.TrueAsync(() => host.Gate.Waiting == 1, "its room in the line is free");
        job.End(1);
        job.End(3);
        (await running).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await third).StatusCode.ShouldBe(HttpStatusCode.OK);
        job.Started.ShouldBe([1, 3]);
    }

    [Theory]
    [InlineData("/api/v1/perform")]
    [InlineData("/api/v1/blocking")]
    public async Task A_call_answered_504_holds_its_place_until_its_method_ends(string path)
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(
            job, "jobtype_extra: {max_concurrency: 1, max_concurrency_queue: 0}");

        using var late = await host.CallAsync(path, headers: ("X-Request-Timeout", "0.05"));

        var body = await late.JsonAsync(HttpStatusCode.GatewayTimeout);
        body.GetProperty("type").GetString().ShouldBe("TimeoutException");
        (await host.CallAsync()).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await host.Client.GetStringAsync("/metrics")).ShouldContain("jobrunner_calls_stuck 1");

        job.End();

        await Eventually.TrueAsync(() => host.Gate.InFlight == 0, "the place is given back");
        host.Gate.Stuck.ShouldBe(0);
        (await host.CallAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_call_that_waits_past_its_timeout_is_answered_504_and_never_runs()
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(job, OneAndOne);
        var running = host.CallAsync(payload: """{"id": 1}""");
        await Eventually.TrueAsync(() => !job.Started.IsEmpty, "the first call runs");

        using var late = await host.CallAsync(payload: """{"id": 2}""", headers: ("X-Request-Timeout", "0.05"));

        late.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        job.End(1);
        await running;
        job.Started.ShouldBe([1]);
    }

    [Fact]
    public async Task A_stream_holds_its_place_until_it_is_written()
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(
            job, "jobtype_extra: {max_concurrency: 1, max_concurrency_queue: 0}");
        var stream = host.CallAsync("/api/v1/stream");
        await Eventually.TrueAsync(() => !job.Started.IsEmpty, "the stream runs");

        (await host.CallAsync()).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        job.End();

        (await (await stream).Content.ReadAsStringAsync()).ShouldBe("[1,2]");
        await Eventually.TrueAsync(() => host.Gate.InFlight == 0, "the place is given back");
    }

    [Fact]
    public async Task A_stream_past_its_timeout_is_broken_off_and_gives_its_place_back()
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(job, OneAndOne);

        await Should.ThrowAsync<HttpRequestException>(() => host.CallAsync("/api/v1/stream", headers: ("X-Request-Timeout", "0.05")));

        await Eventually.TrueAsync(() => host.Gate.InFlight == 0, "the place is given back");
        (await host.Client.GetStringAsync("/metrics"))
            .ShouldContain("""jobrunner_calls_failed_total{endpoint="/stream",status="504"} 1""");
    }

    [Theory]
    [InlineData("/live")]
    [InlineData("/metrics")]
    [InlineData("/docs")]
    [InlineData("/openapi.json")]
    [InlineData("/api/v1/parameters")]
    public async Task What_is_no_call_is_never_capped(string path)
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(
            job, "jobtype_extra: {max_concurrency: 1, max_concurrency_queue: 0}");
        var running = host.CallAsync();
        await Eventually.TrueAsync(() => !job.Started.IsEmpty, "a call runs");

        (await host.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);

        job.End();
        await running;
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e3")]
    [InlineData("1,5")]
    [InlineData("")]
    public async Task A_timeout_that_is_no_positive_number_is_refused(string timeout)
    {
        await using var host = await TestJobHost.StartAsync(new HeldJob());
        using var answer = await host.CallAsync("/api/v1/thread", headers: ("X-Request-Timeout", timeout));
        (await answer.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("error").GetString()!.ShouldContain("X-Request-Timeout");
    }

    [Fact]
    public async Task A_request_cannot_have_more_time_than_the_manifest_gives()
    {
        await using var host = await TestJobHost.StartAsync(new HeldJob(), "jobtype_extra: {timeout: 50ms}");
        using var answer = await host.CallAsync(headers: ("X-Request-Timeout", "1000"));
        answer.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task A_client_that_disconnects_cancels_the_token_of_its_call()
    {
        var job = new HeldJob();
        await using var host = await TestJobHost.StartAsync(job);
        using var impatience = new CancellationTokenSource();
        var call = host.CallAsync("/api/v1/cancellable", cancellationToken: impatience.Token);
        await Eventually.TrueAsync(() => !job.Started.IsEmpty, "the call runs");

        await impatience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await Eventually.TrueAsync(() => !job.Cancelled.IsEmpty, "the token is cancelled");
    }
}
