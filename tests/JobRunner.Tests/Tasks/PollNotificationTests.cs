using JobRunner.Tasks.Embedded;
using JobRunner.Tests.Execution;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Tasks;

/// <summary>What wakes a waiting poll, shown with a clock that stands still: nothing that waits for time would end.</summary>
public sealed class PollNotificationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-polls-").FullName;

    private string Stored => $"store: 'sqlite:{Path.Combine(_folder, "tasks.db")}'";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_poll_is_answered_by_the_end_of_its_task_and_by_no_clock(bool inFile)
    {
        await using var host = await TaskHost.StartAsync(inFile ? Stored : "store: 'memory:'", configure: StandStill(new ManualTime()));
        var id = await host.NewAsync("/wait");
        await host.UntilAsync(id, "running");
        var poll = host.PollAsync(id);
        var events = host.Http.Client.GetStringAsync($"/api/v1/tasks/{id}/events");
        await host.ServesAtOnceAsync(2);

        host.Job.Open();

        using var answer = await Eventually.Ends(poll);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("\"done\"");
        (await Eventually.Ends(events)).ShouldContain("\"status\":\"completed\"");
    }

    [Fact]
    public async Task A_cancelled_task_ends_its_poll_at_once()
    {
        await using var host = await TaskHost.StartAsync(configure: StandStill(new ManualTime()));
        var id = await host.NewAsync("/wait");
        await host.UntilAsync(id, "running");
        var poll = host.PollAsync(id);
        await host.ServesAtOnceAsync(1);

        using var cancelled = await host.Http.CallAsync($"/api/v1/tasks/{id}/cancel");

        using var answer = await Eventually.Ends(poll);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("TaskCancelled");
    }

    [Fact]
    public async Task At_another_process_on_the_same_file_a_poll_is_answered_by_the_next_look_at_it()
    {
        var time = new ManualTime();
        await using var asked = await TaskHost.StartAsync(Stored, configure: StandStill(time));
        await using var other = new EmbeddedStore(Database.InFile(Path.Combine(_folder, "tasks.db")), TimeProvider.System);
        var task = new NewTask { Queue = "elsewhere", Endpoint = "/perform", Payload = "{}"u8.ToArray() };
        await other.AddAsync(task, maxQueued: null, CancellationToken.None);

        // Whoever is asked of no task opens no store: a task of its own has it do so.
        await asked.UntilAsync(await asked.NewAsync("/perform", """{"number":1}"""), "completed");
        var poll = asked.PollAsync(task.Id);
        await asked.ServesAtOnceAsync(1);
        var lease = (await other.ClaimAsync(new TaskClaim("elsewhere", 1, TimeSpan.FromMinutes(1)), CancellationToken.None)).Single();
        await other.FinishAsync(
            lease, new TaskOutcome { HttpStatus = 200, MediaType = "application/json", Result = "7"u8.ToArray() }, CancellationToken.None);
        poll.IsCompleted.ShouldBeFalse();

        ForeignChanges.Interval.ShouldBeLessThan(TimeSpan.FromMilliseconds(50));
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(ForeignChanges.Interval);
                return poll.IsCompleted;
            },
            "the end was not seen");
        using var answer = await poll;
        (await answer.Content.ReadAsStringAsync()).ShouldBe("7");
        time.GetUtcNow().ShouldBeLessThan(DateTimeOffset.UnixEpoch.AddSeconds(30));
    }

    private static Action<IServiceCollection> StandStill(ManualTime time) =>
        services => services.AddSingleton<TimeProvider>(time);
}
