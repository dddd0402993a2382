using System.Net;
using JobRunner.Tasks.Embedded;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Tasks;

public sealed class RacetrackTaskTests
{
    [Fact]
    public async Task A_finished_task_is_polled_as_the_synchronous_call_is_answered()
    {
        await using var host = await TaskHost.StartAsync();
        foreach (var (path, payload) in new[] { ("/perform", """{"number":21}"""), ("/refuse", "{}"), ("/perform", """{"number":"x"}"""), ("/count", """{"to":3}""") })
        {
            using var expected = await host.Http.CallAsync("/api/v1" + path, payload);
            using var polled = await host.PollAsync(await host.NewAsync(path, payload));
            polled.StatusCode.ShouldBe(expected.StatusCode);
            polled.Content.Headers.ContentType.ShouldBe(expected.Content.Headers.ContentType);
            (await polled.Content.ReadAsStringAsync()).ShouldBe(await expected.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("/ratio/NaN?of=1.5&of=Infinity", """{"number":1}""")]
    [InlineData("/ratio/-1e-3?of=2", "{}")]
    [InlineData("/ratio/1?of=2", """{"number":1,"number":2}""")]
    [InlineData("/ratio/1", "{}")]
    public async Task What_path_and_query_say_is_bound_as_in_the_synchronous_call(string path, string payload)
    {
        await using var host = await TaskHost.StartAsync();

        using var expected = await host.Http.CallAsync("/api/v1" + path, payload);
        using var polled = await host.PollAsync(await host.NewAsync(path, payload));

        polled.StatusCode.ShouldBe(expected.StatusCode);
        (await polled.Content.ReadAsStringAsync()).ShouldBe(await expected.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_poll_waits_and_answers_once_the_task_is_done()
    {
        await using var host = await TaskHost.StartAsync();
        var id = await host.NewAsync("/wait");
        var poll = host.PollAsync(id);
        await host.UntilAsync(id, "running");
        poll.IsCompleted.ShouldBeFalse();
        using var status = await host.Http.GetAsync($"/async/task/{id}/status");
        (await status.JsonAsync(HttpStatusCode.OK)).GetProperty("status").GetString().ShouldBe("ongoing");
        host.Job.Open();
        using var answer = await poll;
        (await answer.Content.ReadAsStringAsync()).ShouldBe("\"done\"");
        using var after = await host.Http.GetAsync($"/pub/async/task/{id}/status");
        (await after.JsonAsync(HttpStatusCode.OK)).GetProperty("status").GetString().ShouldBe("completed");
    }

    [Fact]
    public async Task A_thousand_polls_wait_at_once_and_all_are_answered()
    {
        await using var host = await TaskHost.StartAsync();
        var id = await host.NewAsync("/wait");
        await host.UntilAsync(id, "running");
        var polls = Enumerable.Range(0, 1000).Select(_ => host.PollAsync(id)).ToArray();
        using var ready = await host.Http.GetAsync("/ready");
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Job.Open();
        foreach (var poll in polls)
        {
            using var answer = await poll;
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("/nothing", "{}", HttpStatusCode.NotFound)]
    [InlineData("/perform", "{", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/perform", "[1]", HttpStatusCode.UnprocessableEntity)]
    public async Task What_a_synchronous_call_refuses_is_refused_at_once(string path, string payload, HttpStatusCode status)
    {
        await using var host = await TaskHost.StartAsync();
        using var response = await host.TryNewAsync(path, payload);
        (await response.JsonAsync(status)).GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_by_its_type_is_415()
    {
        await using var host = await TaskHost.StartAsync();
        using var body = new StringContent("{}", System.Text.Encoding.UTF8, "text/plain");
        using var response = await host.Http.Client.PostAsync(new Uri("/async/new/job/tested/latest/api/v1/perform", UriKind.Relative), body);
        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Tasks_are_made_at_both_places_with_both_methods_and_not_inside_the_jobs_prefix()
    {
        await using var host = await TaskHost.StartAsync();
        foreach (var place in new[] { "/pub/async", "/async" })
        {
            foreach (var method in new[] { HttpMethod.Post, HttpMethod.Get })
            {
                using var made = await host.Http.SendAsync(
                    method, $"{place}/new/job/tested/latest/api/v1/perform", """{"number":21}""", CancellationToken.None);
                var id = (await made.JsonAsync(HttpStatusCode.Created)).GetProperty("task_id").GetString()!;
                using var polled = await host.PollAsync(id);
                (await polled.Content.ReadAsStringAsync()).ShouldBe("42");
            }
        }

        using var inside = await host.Http.CallAsync("/pub/job/tested/latest/async/new/job/tested/latest/api/v1/perform", """{"number":21}""");
        inside.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_unknown_task_is_404()
    {
        await using var host = await TaskHost.StartAsync();
        foreach (var path in new[] { "/pub/async/task/nothing/poll", "/async/task/nothing/status", "/api/v1/tasks/nothing" })
        {
            using var response = await host.Http.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task More_tasks_than_may_wait_get_429()
    {
        await using var host = await TaskHost.StartAsync("store: 'memory:'\nmax_concurrency: 1\nmax_queued_tasks: 2");
        var running = await host.NewAsync("/wait");
        await host.UntilAsync(running, "running");
        await host.NewAsync("/wait");
        await host.NewAsync("/wait");
        using var refused = await host.TryNewAsync("/wait");
        (await refused.JsonAsync(HttpStatusCode.TooManyRequests)).GetProperty("error").GetString()!.ShouldContain("2 tasks");
        refused.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_task_that_takes_too_long_fails_with_500()
    {
        await using var host = await TaskHost.StartAsync("store: 'memory:'\ntask_timeout: 100ms");
        using var polled = await host.PollAsync(await host.NewAsync("/wait"));
        (await polled.JsonAsync(HttpStatusCode.InternalServerError)).GetProperty("type").GetString().ShouldBe("TimeoutException");
    }

    [Fact]
    public async Task A_failure_that_no_retry_mends_is_not_retried()
    {
        await using var host = await TaskHost.StartAsync();
        var id = await host.NewAsync("/break");
        using var polled = await host.PollAsync(id);
        (await polled.JsonAsync(HttpStatusCode.InternalServerError)).GetProperty("error").GetString().ShouldBe("it is broken");
        host.Job.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_writable_folder_only_asynchronous_calls_fail()
    {
        await using var host = await TaskHost.StartAsync("store: 'sqlite:/proc/nowhere/tasks.db'");
        using var refused = await host.TryNewAsync("/perform", """{"number":1}""");
        (await refused.JsonAsync(HttpStatusCode.ServiceUnavailable)).GetProperty("error").GetString()!.ShouldContain("/proc/nowhere/tasks.db");
        using var called = await host.Http.CallAsync(payload: """{"number":1}""");
        called.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_task_that_another_process_put_into_the_file_is_run()
    {
        var folder = Directory.CreateTempSubdirectory("jobrunner-").FullName;
        var file = Path.Combine(folder, "tasks.db");
        await using (var host = await TaskHost.StartAsync($"store: 'sqlite:{file}'"))
        {
            await using var store = new EmbeddedStore(Database.InFile(file), TimeProvider.System);
            var task = new NewTask { Endpoint = "/perform", Payload = """{"number":21}"""u8.ToArray() };
            await store.AddAsync(task, maxQueued: null, CancellationToken.None);
            await host.UntilAsync(task.Id, "completed");
        }

        Directory.Delete(folder, recursive: true);
    }
}
