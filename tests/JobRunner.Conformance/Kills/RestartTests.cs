using System.Text;
using System.Text.Json.Nodes;
using JobRunner.Tasks.Embedded;
using Microsoft.Data.Sqlite;

namespace JobRunner.Conformance.Kills;

/// <summary>Hosts are stopped in good order while a task runs.</summary>
public sealed class RestartTests : IDisposable
{
    private const int Restarts = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-restarts-").FullName;
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Ten_rolling_restarts_use_up_no_attempt_of_a_healthy_task()
    {
        var signal = Path.Combine(_folder, "go");
        await using var store = new EmbeddedStore(Database.InFile(Path.Combine(_folder, "tasks.db")), TimeProvider.System);
        string? id = null;
        for (var restart = 0; restart < Restarts; restart++)
        {
            await using var worker = WorkerProcess.Start(_folder, "jobtype_extra: {shutdown_delay: 0, shutdown_grace: 0}\n");
            var address = await worker.Address.WaitAsync(TimeSpan.FromMinutes(1));
            id ??= await PutAsync(address, signal);
            await UntilAsync(store, id, TaskState.Running);
            (await worker.StopAsync()).ShouldBe(0, worker.Output);
            (await store.GetAsync(id, CancellationToken.None))!.Status.ShouldBe(TaskState.Queued, worker.Output);
        }

        await File.WriteAllTextAsync(signal, "go");
        await using var last = WorkerProcess.Start(_folder);
        await UntilAsync(store, id!, TaskState.Completed);
        var record = (await store.GetAsync(id!, CancellationToken.None))!;
        (record.Attempts, record.Interruptions).ShouldBe((1, 0));
    }

    private async Task<string> PutAsync(Uri address, string file)
    {
        using var body = new StringContent(new JsonObject { ["file"] = file }.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _client.PostAsync(new Uri(address, "/pub/async/new/job/proof/latest/api/v1/linger"), body);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["task_id"]!;
    }

    private static async Task UntilAsync(ITaskStore store, string id, TaskState state)
    {
        using var watch = store.Changes.Watch(id);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await store.GetAsync(id, patience.Token))!.Status != state)
            await watch.WaitAsync(patience.Token);
    }
}
