using System.Net;
using System.Text.Json;
using JobRunner.Tasks.Embedded;
using JobRunner.Tests.Execution;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Tasks;

/// <summary>However a task ends, the webhook that it came with is told.</summary>
public sealed class PostedRecordTests : IDisposable
{
    private const string Hosts = "webhook_hosts: [127.0.0.1]";

    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-webhooks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("/perform", """{"number":21}""", "completed")]
    [InlineData("/break", "{}", "failed")]
    public async Task A_task_that_has_run_posts_its_record(string path, string payload, string status)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var host = await TaskHost.StartAsync($"store: 'memory:'\n{Hosts}");

        using var accepted = await host.PreferAsync(path, payload, ("X-Webhook-Url", UrlOf(receiver)));

        var record = await PostedAsync(receiver);
        record.GetProperty("status").GetString().ShouldBe(status);
        record.GetProperty("id").GetString().ShouldBe((await accepted.JsonAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("queued")]
    [InlineData("running")]
    public async Task A_task_that_is_cancelled_posts_its_record_once(string when)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var host = await TaskHost.StartAsync($"store: 'memory:'\n{Hosts}\nmax_concurrency: 1");
        if (when == "queued")
            await host.UntilAsync(await host.NewAsync("/wait"), "running");
        using var accepted = await host.PreferAsync("/wait", "{}", ("X-Webhook-Url", UrlOf(receiver)));
        var id = (await accepted.JsonAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!;
        await host.UntilAsync(id, when);

        using var cancelled = await host.Http.CallAsync($"/api/v1/tasks/{id}/cancel");

        (await PostedAsync(receiver)).GetProperty("status").GetString().ShouldBe("cancelled");
        receiver.Requests.ShouldBe(1);
        (await host.Http.Client.GetStringAsync("/metrics")).ShouldContain("jobrunner_task_total{queue=\"tasks\",status=\"cancelled\"} 1.0");
    }

    [Fact]
    public async Task A_task_that_is_given_up_as_lost_posts_its_record_and_polls_as_500()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var file = Path.Combine(_folder, "tasks.db");
        await using (var worker = new EmbeddedStore(Database.InFile(file), TimeProvider.System))
        {
            var task = new NewTask { Queue = "elsewhere", Endpoint = "/perform", Payload = "{}"u8.ToArray(), WebhookUrl = UrlOf(receiver) };
            await worker.AddAsync(task, maxQueued: null, CancellationToken.None);
            await worker.ClaimAsync(new TaskClaim("elsewhere", 1, TimeSpan.FromMilliseconds(1)), CancellationToken.None);

            await using var host = await TaskHost.StartAsync($"store: 'sqlite:{file}'\nmax_interruptions: 0\n{Hosts}");

            var record = await PostedAsync(receiver);
            record.GetProperty("status").GetString().ShouldBe("failed");
            using var polled = await host.PollAsync(task.Id);
            var error = await polled.JsonAsync(HttpStatusCode.InternalServerError);
            error.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
            error.GetProperty("type").GetString().ShouldNotBeNullOrEmpty();
        }
    }

    [Theory]
    [InlineData("store: 'memory:'", "http://127.0.0.1/", "webhook_hosts")]
    [InlineData("store: 'memory:'\nwebhook_hosts: [hook.example]", "http://127.0.0.1/", "not allowed by webhook_hosts")]
    [InlineData("store: 'memory:'\nwebhook_hosts: [hook.example]", "file:///etc/passwd", "http or https")]
    public async Task A_place_that_is_not_listed_is_refused_and_no_task_is_made(string extra, string url, string reason)
    {
        await using var host = await TaskHost.StartAsync(extra);

        using var refused = await host.PreferAsync("/perform", """{"number":21}""", ("X-Webhook-Url", url));

        (await refused.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("error").GetString().ShouldNotBeNull().ShouldContain(reason);
        using var list = await host.Http.GetAsync("/api/v1/tasks");
        (await list.JsonAsync(HttpStatusCode.OK)).GetProperty("tasks").GetArrayLength().ShouldBe(0);
    }

    private static string UrlOf(WebhookReceiver receiver) => $"http://127.0.0.1:{receiver.Port}/done";

    private static async Task<JsonElement> PostedAsync(WebhookReceiver receiver)
    {
        var (body, _) = await Eventually.Ends(receiver.Accepted.Task);
        return JsonSerializer.Deserialize<JsonElement>(body);
    }
}
