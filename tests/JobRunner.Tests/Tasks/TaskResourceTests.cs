using System.Net;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Tasks;

public sealed class TaskResourceTests
{
    [Fact]
    public async Task A_caller_that_prefers_so_is_answered_at_once()
    {
        await using var host = await TaskHost.StartAsync();
        using var response = await host.PreferAsync("/perform", """{"number":4}""");
        var record = await response.JsonAsync(HttpStatusCode.Accepted);
        var id = record.GetProperty("id").GetString()!;
        response.Headers.Location!.ToString().ShouldBe($"/api/v1/tasks/{id}");
        response.Headers.GetValues("Preference-Applied").ShouldBe(["respond-async"]);
        (await host.UntilAsync(id, "completed")).GetProperty("result").GetInt32().ShouldBe(8);
    }

    [Fact]
    public async Task The_location_keeps_the_prefix_of_the_request()
    {
        await using var host = await TaskHost.StartAsync();
        using var response = await host.Http.CallAsync(
            "/pub/job/tested/latest/api/v1/perform", """{"number":4}""", CancellationToken.None, ("Prefer", "respond-async"));
        response.Headers.Location!.ToString().ShouldStartWith("/pub/job/tested/latest/api/v1/tasks/");
        using var record = await host.Http.GetAsync(response.Headers.Location!.ToString());
        record.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_same_key_gives_the_same_task_and_another_payload_422()
    {
        await using var host = await TaskHost.StartAsync();
        using var first = await host.PreferAsync("/perform", """{"number":4}""", ("Idempotency-Key", "k"));
        using var second = await host.PreferAsync("/perform", """{"number":4}""", ("Idempotency-Key", "k"));
        using var third = await host.PreferAsync("/perform", """{"number":5}""", ("Idempotency-Key", "k"));
        second.Headers.Location.ShouldBe(first.Headers.Location);
        third.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_scheduled_task_waits_and_a_bad_schedule_is_400()
    {
        await using var host = await TaskHost.StartAsync();
        using var later = await host.PreferAsync("/perform", """{"number":4}""", ("X-Not-Before", "2999-01-01T00:00:00Z"), ("X-Priority", "9"));
        var record = await later.JsonAsync(HttpStatusCode.Accepted);
        (record.GetProperty("status").GetString(), record.GetProperty("priority").GetInt32()).ShouldBe(("queued", 9));
        foreach (var header in new[] { ("X-Not-Before", "soon"), ("X-Priority", "10"), ("X-Priority", "-1") })
        {
            using var refused = await host.PreferAsync("/perform", """{"number":4}""", header);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task Lists_page_and_filter()
    {
        await using var host = await TaskHost.StartAsync();
        var ids = new List<string>();
        for (var number = 0; number < 3; number++)
            ids.Insert(0, await host.NewAsync("/perform", $$"""{"number":{{number}}}"""));
        foreach (var id in ids)
            await host.UntilAsync(id, "completed");
        using var first = await host.Http.GetAsync("/api/v1/tasks?limit=2&status=completed");
        var page = await first.JsonAsync(HttpStatusCode.OK);
        using var second = await host.Http.GetAsync($"/api/v1/tasks?limit=2&after={page.GetProperty("next").GetString()}");
        var rest = await second.JsonAsync(HttpStatusCode.OK);
        page.GetProperty("tasks").EnumerateArray().Concat(rest.GetProperty("tasks").EnumerateArray())
            .Select(task => task.GetProperty("id").GetString()).ShouldBe(ids);
        foreach (var query in new[] { "status=odd", "limit=0", "limit=x", "after=x" })
        {
            using var refused = await host.Http.GetAsync("/api/v1/tasks?" + query);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_running_task_is_cancelled_and_can_be_retried()
    {
        await using var host = await TaskHost.StartAsync();
        var id = await host.NewAsync("/wait");
        await host.UntilAsync(id, "running");
        using var retried = await host.Http.CallAsync($"/api/v1/tasks/{id}/retry");
        retried.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        using var cancelled = await host.Http.CallAsync($"/api/v1/tasks/{id}/cancel");
        cancelled.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var polled = await host.PollAsync(id);
        (await polled.JsonAsync(HttpStatusCode.InternalServerError)).GetProperty("type").GetString().ShouldBe("TaskCancelled");
        using var again = await host.Http.CallAsync($"/api/v1/tasks/{id}/cancel");
        again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        host.Job.Open();
        using var second = await host.Http.CallAsync($"/api/v1/tasks/{id}/retry");
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        await host.UntilAsync(id, "completed");
    }

    [Fact]
    public async Task Events_tell_of_states_progress_log_lines_and_end_with_the_task()
    {
        await using var host = await TaskHost.StartAsync();
        var id = await host.NewAsync("/wait");
        var reading = host.Http.Client.GetStringAsync(new Uri($"/api/v1/tasks/{id}/events", UriKind.Relative));
        await Execution.Eventually.TrueAsync(
            async () => (await host.RecordAsync(id)).GetProperty("progress").ValueKind == System.Text.Json.JsonValueKind.Number, "no progress was seen");
        host.Job.Open();
        var text = await reading;
        text.ShouldContain("event: progress\ndata: {\"progress\":0.25,\"message\":\"waiting\"}");
        text.ShouldContain("event: log\ndata: {\"level\":\"information\",\"message\":\"a line of mine\"}");
        text.ShouldContain("\"status\":\"completed\"");
    }

    [Fact]
    public async Task Streamed_items_are_events_and_reading_resumes_after_the_last_one_seen()
    {
        await using var host = await TaskHost.StartAsync();
        var id = await host.NewAsync("/count", """{"to":3}""");
        await host.UntilAsync(id, "completed");
        using var all = await host.Http.GetAsync($"/api/v1/tasks/{id}/events");
        var blocks = (await all.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        blocks.Where(block => block.Contains("event: output", StringComparison.Ordinal)).Select(block => block[^1]).ShouldBe(['1', '2', '3']);
        var last = blocks[^2].Split('\n')[0]["id: ".Length..];
        using var rest = await host.Http.GetAsync($"/api/v1/tasks/{id}/events", ("Last-Event-ID", last));
        (await rest.Content.ReadAsStringAsync()).ShouldBe(blocks[^1] + "\n\n");
    }

    [Fact]
    public async Task Several_replicas_need_a_shared_store()
    {
        await using var host = await Http.TestHost.StartAsync(
            JobRunner.Hosting.JobSources.Of(new TaskJob()), "name: tested\nreplicas: 2\njobtype_extra: {store: 'memory:'}\n");
        var live = await host.GetAsync("/live");
        await Execution.Eventually.TrueAsync(async () => (live = await host.GetAsync("/live")).Status == 500, "the load did not fail");
        live.Error.ShouldContain("replicas is 2");
    }
}
