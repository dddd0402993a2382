using System.Net;
using System.Text.Json;
using JobRunner.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Tasks;

/// <summary>A host whose tasks are kept in memory, or wherever the test says.</summary>
internal sealed class TaskHost(TestJobHost host, TaskJob job) : IAsyncDisposable
{
    private const string Prefix = "/pub/async/new/job/tested/latest/api/v1";

    public TestJobHost Http => host;

    public TaskJob Job => job;

    public static async Task<TaskHost> StartAsync(
        string extra = "store: 'memory:'", string top = "", Action<IServiceCollection>? configure = null)
    {
        var job = new TaskJob();
        var manifest = $"{top}\njobtype_extra:\n  {extra.ReplaceLineEndings("\n  ")}\n";
        return new TaskHost(await TestJobHost.StartAsync(job, manifest, configure), job);
    }

    /// <summary>Waits until so many requests are being answered, this question about them left aside.</summary>
    public Task ServesAtOnceAsync(int requests) => Execution.Eventually.TrueAsync(
        async () =>
        {
            var metrics = (await host.Client.GetStringAsync("/metrics")).Split('\n');
            return ValueOf("commons_requests_started_total ") - ValueOf("commons_requests_done_total ") > requests;

            double ValueOf(string name) => double.Parse(
                metrics.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..],
                System.Globalization.CultureInfo.InvariantCulture);
        },
        () => $"there were never {requests} at once");

    public async Task<string> NewAsync(string path, string payload = "{}")
    {
        using var response = await host.CallAsync(Prefix + path, payload);
        var body = await response.JsonAsync(HttpStatusCode.Created);
        body.GetProperty("status").GetString().ShouldBe("ongoing");
        return body.GetProperty("task_id").GetString()!;
    }

    public Task<HttpResponseMessage> TryNewAsync(string path, string payload = "{}") => host.CallAsync(Prefix + path, payload);

    public Task<HttpResponseMessage> PreferAsync(string path, string payload = "{}", params (string Name, string Value)[] headers) =>
        host.CallAsync("/api/v1" + path, payload, CancellationToken.None, [("Prefer", "respond-async"), .. headers]);

    public Task<HttpResponseMessage> PollAsync(string id) => host.GetAsync($"/pub/async/task/{id}/poll");

    public async Task<JsonElement> RecordAsync(string id)
    {
        using var response = await host.GetAsync($"/api/v1/tasks/{id}");
        return await response.JsonAsync(HttpStatusCode.OK);
    }

    public async Task<JsonElement> UntilAsync(string id, string status)
    {
        var record = await RecordAsync(id);
        await Execution.Eventually.TrueAsync(
            async () => (record = await RecordAsync(id)).GetProperty("status").GetString() == status, () => record.ToString());
        return record;
    }

    public async ValueTask DisposeAsync()
    {
        job.Open();
        await host.DisposeAsync();
    }
}
