using System.Net;
using JobRunner.Tests.Execution;
using JobRunner.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Tasks;

/// <summary>What happens to tasks when time passes; the clock is the test's.</summary>
public sealed class TaskTimeTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_poll_whose_patience_ends_is_202_and_may_be_asked_again()
    {
        await using var host = await StartAsync();
        var id = await host.NewAsync("/wait");
        await host.UntilAsync(id, "running");
        var poll = host.PollAsync(id);
        await host.ServesAtOnceAsync(1);

        _time.Advance(TimeSpan.FromSeconds(29));
        poll.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));

        using var waiting = await Eventually.Ends(poll);
        var body = await waiting.JsonAsync(HttpStatusCode.Accepted);
        (body.GetProperty("task_id").GetString(), body.GetProperty("status").GetString()).ShouldBe((id, "ongoing"));
        var again = host.PollAsync(id);
        host.Job.Open();
        using var done = await Eventually.Ends(again);
        (await done.Content.ReadAsStringAsync()).ShouldBe("\"done\"");
    }

    [Fact]
    public async Task A_scheduled_task_runs_when_its_time_has_come_and_not_before()
    {
        await using var host = await StartAsync();
        var due = _time.GetUtcNow() + TimeSpan.FromHours(1);
        using var accepted = await host.PreferAsync("/perform", """{"number":21}""", ("X-Not-Before", due.ToString("O")));
        var id = (await accepted.JsonAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!;
        using var sooner = await host.PreferAsync("/perform", """{"number":1}""");
        await host.UntilAsync((await sooner.JsonAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!, "completed");

        var record = await AdvanceUntilAsync(host, id, "completed", TimeSpan.FromMinutes(1));

        record.GetProperty("started_at").GetDateTimeOffset().ShouldBeGreaterThanOrEqualTo(due);
    }

    [Fact]
    public async Task Completed_records_are_kept_a_day_and_failed_ones_a_month()
    {
        await using var host = await StartAsync();
        var completed = await host.NewAsync("/perform", """{"number":21}""");
        var failed = await host.NewAsync("/break");
        await host.UntilAsync(completed, "completed");
        await host.UntilAsync(failed, "failed");

        (await GoneAfterAsync(host, completed)).ShouldBeInRange(TimeSpan.FromHours(24), TimeSpan.FromHours(30));
        (await host.RecordAsync(failed)).GetProperty("status").GetString().ShouldBe("failed");
        (await GoneAfterAsync(host, failed)).ShouldBeInRange(TimeSpan.FromDays(30), TimeSpan.FromDays(31));
    }

    [Fact]
    public async Task A_key_is_remembered_for_a_day()
    {
        await using var host = await StartAsync("store: 'memory:'\ntask_retention: 10d");
        var first = await KeyedAsync(host);

        _time.Advance(TimeSpan.FromHours(23));
        (await KeyedAsync(host)).ShouldBe(first);
        _time.Advance(TimeSpan.FromHours(2));
        (await KeyedAsync(host)).ShouldNotBe(first);
    }

    [Fact]
    public async Task A_task_that_runs_past_its_hard_limit_ends_with_500()
    {
        await using var host = await StartAsync();
        var id = await host.NewAsync("/wait");
        await host.UntilAsync(id, "running");

        var record = await AdvanceUntilAsync(host, id, "failed", TimeSpan.FromSeconds(5));

        (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromHours(2));
        record.GetProperty("http_status").GetInt32().ShouldBe(500);
    }

    private Task<TaskHost> StartAsync(string extra = "store: 'memory:'") =>
        TaskHost.StartAsync(extra, configure: services => services.AddSingleton<TimeProvider>(_time));

    private async Task<System.Text.Json.JsonElement> AdvanceUntilAsync(TaskHost host, string id, string status, TimeSpan step)
    {
        var record = await host.RecordAsync(id);
        await Eventually.TrueAsync(
            async () =>
            {
                _time.Advance(step);
                record = await host.RecordAsync(id);
                return record.GetProperty("status").GetString() == status;
            },
            () => record.ToString());
        return record;
    }

    private async Task<TimeSpan> GoneAfterAsync(TaskHost host, string id)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                _time.Advance(TimeSpan.FromHours(1));
                using var response = await host.Http.GetAsync($"/api/v1/tasks/{id}");
                return response.StatusCode == HttpStatusCode.NotFound;
            },
            "the record was never dropped");
        return _time.GetUtcNow() - DateTimeOffset.UnixEpoch;
    }

    private static async Task<string> KeyedAsync(TaskHost host)
    {
        using var response = await host.PreferAsync("/perform", """{"number":4}""", ("Idempotency-Key", "k"));
        return (await response.JsonAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!;
    }
}
