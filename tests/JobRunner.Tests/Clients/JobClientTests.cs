using System.Net;
using System.Text.Json;
using JobRunner.Tests.Hosting;
using static JobRunner.Tests.Clients.ChainedHosts;

namespace JobRunner.Tests.Clients;

public sealed class JobClientTests
{
    private const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public async Task A_call_returns_the_other_jobs_result_as_the_type_asked_for()
    {
        await using var hosts = await StartAsync();
        var sum = await hosts.Client.CallAsync<Sum>(
            "adder", new { a = 40, b = 2 }, new JobCallOptions { Path = "/api/v1/add", Version = "1.2.3" });
        sum.Total.ShouldBe(42);
    }

    [Fact]
    public async Task Job_version_path_and_query_make_the_url()
    {
        await using var hosts = await StartAsync();
        (await hosts.Client.CallAsync<string>("a job", null, new JobCallOptions { Path = "api/v1/where?x=1", Version = "1/2" }))
            .ShouldBe("POST /pub/job/a%20job/1%2F2/api/v1/where?x=1");
        (await hosts.Client.CallAsync<string>("where", null, new JobCallOptions { Path = "/api/v1/where" }))
            .ShouldBe("POST /pub/job/where/latest/api/v1/where");
        (await hosts.Client.CallAsync<string>("get", null, new JobCallOptions { Path = "/api/v1/get", Method = HttpMethod.Get }))
            .ShouldBe("got");
        (await hosts.Client.CallAsync<object?>("nothing", null, new JobCallOptions { Path = "/api/v1/nothing" })).ShouldBeNull();
    }

    [Theory]
    [InlineData("/api/v1/perform")]
    [InlineData("/api/v1/stream")]
    [InlineData("/async/new/job/source/latest/api/v1/perform")]
    public async Task What_came_with_the_current_call_goes_on_with_the_chained_one(string path)
    {
        await using var hosts = await StartAsync(HeadersAsync);
        using var answer = await hosts.Source.CallAsync(
            path, headers: [
                ("X-Request-Tracing-Id", "trace-1"), ("X-Caller-Name", "alice"),
                ("X-Recordkeeper-Predecessor-Id", "record-1"), ("traceparent", TraceParent),
            ]);
        var isTask = answer.StatusCode == HttpStatusCode.Created;
        var id = isTask ? (await answer.JsonAsync(HttpStatusCode.Created)).GetProperty("task_id").GetString() : null;
        using var polled = isTask ? await hosts.Source.GetAsync($"/async/task/{id}/poll") : answer;
        var sent = await polled.JsonAsync(HttpStatusCode.OK);
        sent = sent.ValueKind == JsonValueKind.Array ? sent[0] : sent;
        sent.GetProperty("x-racetrack-auth").GetString().ShouldBe(Token);
        sent.GetProperty("x-request-tracing-id").GetString().ShouldBe("trace-1");
        sent.GetProperty("x-caller-name").GetString().ShouldBe("alice");
        sent.GetProperty("x-recordkeeper-predecessor-id").GetString().ShouldBe("record-1");
        sent.GetProperty("traceparent").GetString()!.ShouldContain("0af7651916cd43dd8448eb211c80319c");
    }

    [Fact]
    public async Task What_the_current_call_lacks_is_not_sent()
    {
        await using var hosts = await StartAsync(HeadersAsync);
        var sent = await (await hosts.Source.CallAsync()).JsonAsync(HttpStatusCode.OK);
        sent.TryGetProperty("x-request-tracing-id", out _).ShouldBeFalse();
        sent.TryGetProperty("x-caller-name", out _).ShouldBeFalse();
        sent.TryGetProperty("x-recordkeeper-predecessor-id", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("record-1")]
    public async Task A_remembered_predecessor_takes_the_place_of_the_one_that_came(string? came)
    {
        await using var hosts = await StartAsync(client =>
        {
            JobClient.RememberPredecessor("record-2");
            return HeadersAsync(client);
        });
        using var answer = came is null
            ? await hosts.Source.CallAsync()
            : await hosts.Source.CallAsync(headers: ("X-Recordkeeper-Predecessor-Id", came));
        (await answer.JsonAsync(HttpStatusCode.OK)).GetProperty("x-recordkeeper-predecessor-id").GetString().ShouldBe("record-2");
    }

    [Fact]
    public async Task A_predecessor_is_remembered_for_its_own_call_only()
    {
        var isFirst = true;
        await using var hosts = await StartAsync(client =>
        {
            if (isFirst)
                JobClient.RememberPredecessor("record-2");
            isFirst = false;
            return HeadersAsync(client);
        });
        await hosts.Source.CallAsync();
        var second = await (await hosts.Source.CallAsync()).JsonAsync(HttpStatusCode.OK);
        second.TryGetProperty("x-recordkeeper-predecessor-id", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task An_error_names_both_jobs_the_version_and_the_answer()
    {
        await using var hosts = await StartAsync(async client => await client.CallAsync<int>(
            "failing", new { }, new JobCallOptions { Path = "/api/v1/fail", Version = "1.2.3" }));

        var body = await (await hosts.Source.CallAsync()).JsonAsync(HttpStatusCode.InternalServerError);

        body.GetProperty("type").GetString().ShouldBe(nameof(JobCallException));
        var error = body.GetProperty("error").GetString()!;
        error.ShouldStartWith("failed to call job \"failing 1.2.3\" by tested: 400 Bad Request");
        error.ShouldContain("the number is odd");
        error.ShouldNotContain(Token);
    }

    [Fact]
    public async Task An_error_carries_its_parts()
    {
        await using var hosts = await StartAsync();
        var error = await Should.ThrowAsync<JobCallException>(
            hosts.Client.CallAsync<int>("nobody", null, new JobCallOptions { Path = "/api/v1/nobody" }));
        error.ShouldSatisfyAllConditions(
            () => error.SourceJob.ShouldBe("tested"),
            () => error.TargetJob.ShouldBe("nobody"),
            () => error.Version.ShouldBe("latest"),
            () => error.Status.ShouldBe(404),
            () => error.Answer!.ShouldContain("NotFound"));
    }

    [Fact]
    public async Task A_job_that_is_not_there_is_an_error_of_the_call()
    {
        await using var source = await SourceAsync("http://127.0.0.1:1/pub", HeadersAsync);
        var body = await (await source.CallAsync()).JsonAsync(HttpStatusCode.InternalServerError);
        body.GetProperty("error").GetString()!.ShouldStartWith("failed to call job \"target latest\" by tested: ");
    }

    [Theory]
    [InlineData(null, "not set")]
    [InlineData("pub", "no URL")]
    [InlineData("file:///pub", "no URL")]
    public async Task Without_a_public_url_the_error_says_so(string? pubUrl, string expected)
    {
        await using var source = await SourceAsync(pubUrl, HeadersAsync);
        var body = await (await source.CallAsync()).JsonAsync(HttpStatusCode.InternalServerError);
        body.GetProperty("error").GetString()!.ShouldContain($"PUB_URL, where jobs are reached, is {expected}");
    }

    [Fact]
    public async Task An_answer_that_takes_too_long_is_an_error_of_the_call()
    {
        await using var hosts = await StartAsync();
        var error = await Should.ThrowAsync<JobCallException>(hosts.Client.CallAsync<int>(
            "slow", null, new JobCallOptions { Path = "/api/v1/slow", Timeout = TimeSpan.FromMilliseconds(50) }));
        error.Message.ShouldContain("no answer within 0.05 s");
        error.InnerException.ShouldBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task A_caller_that_gives_up_gets_a_cancellation_and_no_error()
    {
        await using var hosts = await StartAsync();
        using var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Should.ThrowAsync<OperationCanceledException>(hosts.Client.CallAsync<int>(
            "slow", null, new JobCallOptions { Path = "/api/v1/slow" }, impatience.Token));
    }

    [Fact]
    public async Task An_answer_of_another_type_is_an_error_that_quotes_it()
    {
        await using var hosts = await StartAsync();
        var error = await Should.ThrowAsync<JobCallException>(
            hosts.Client.CallAsync<int>("get", null, new JobCallOptions { Path = "/api/v1/get", Method = HttpMethod.Get }));
        error.Message.ShouldContain("\"got\"");
        error.Status.ShouldBe(200);
    }

    [Fact]
    public async Task The_sample_counts_primes_by_asking_another_job()
    {
        await using var target = await TestJobHost.StartAsync(new OddIsPrime());
        await using var source = await SourceAsync(target.Client.BaseAddress + "pub", async client =>
            await new PrimeCounter(client).PerformAsync([7, 8, 9]));
        (await (await source.CallAsync()).Content.ReadAsStringAsync()).ShouldBe("2");
    }

    private static async Task<object?> HeadersAsync(JobClient client) =>
        await client.CallAsync<Dictionary<string, string>>("target", new { });

    public sealed class OddIsPrime
    {
        public bool Perform(int number) => number % 2 == 1;
    }
}
