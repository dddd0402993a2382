using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using JobRunner.Tests.Http;

namespace JobRunner.Tests.Tasks;

/// <summary>Asynchronous calls that come before the job is there.</summary>
public sealed class LoadingTaskTests
{
    private static readonly TaskCompletionSource MayLoad = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task They_are_accepted_and_run_once_it_is_ready()
    {
        await using var host = await TestHost.StartAsync(
            TestHost.SourceOf(typeof(SlowToLoad)), "jobtype_extra: {store: 'memory:', shutdown_delay: 0}");
        using var body = new StringContent("""{"number": 21}""", Encoding.UTF8, "application/json");

        using var accepted = await host.Client.PostAsync("/pub/async/new/job/slow/latest/api/v1/perform", body);
        var id = JsonNode.Parse(await accepted.Content.ReadAsStringAsync())!["task_id"];
        var waiting = await host.GetAsync($"/pub/async/task/{id}/status");
        MayLoad.SetResult();
        var done = await host.GetAsync($"/pub/async/task/{id}/poll");

        accepted.StatusCode.ShouldBe(HttpStatusCode.Created);
        waiting.Body.ShouldContain("ongoing");
        (done.Status, done.Body).ShouldBe((200, "42"));
    }

    public sealed class SlowToLoad
    {
        public static Task InitializeAsync(CancellationToken cancellationToken) => MayLoad.Task.WaitAsync(cancellationToken);

        public int Perform(int number) => number * 2;
    }
}
