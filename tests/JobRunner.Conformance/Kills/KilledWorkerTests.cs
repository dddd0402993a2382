using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using JobRunner.Tasks.Embedded;
using Microsoft.Data.Sqlite;

namespace JobRunner.Conformance.Kills;

/// <summary>Workers on one file are killed at random moments while tasks are put and run. The long form runs where
/// <c>JOBRUNNER_KILL_ROUNDS</c> says how many kills.</summary>
public sealed class KilledWorkerTests : IDisposable
{
    private const int Workers = 3;
    private const int RoundsInCi = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-kills-").FullName;
    private readonly ConcurrentDictionary<string, int> _accepted = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private int _number;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("JOBRUNNER_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds)
            ? rounds
            : RoundsInCi;

    public void Dispose()
    {
        _client.Dispose();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Killed_workers_lose_no_task_and_double_none()
    {
        var random = new Random(7907);
        var workers = Enumerable.Range(0, Workers).Select(_ => Start()).ToArray();
        await Task.WhenAll(workers.Select(worker => worker.Address.WaitAsync(Patience)));
        using var stop = new CancellationTokenSource();
        var putting = Enumerable.Range(0, Workers).Select(index => PutAsync(() => workers[index], stop.Token)).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            // A moment of the worker's work, not of the clock: so many more tasks were accepted.
            var goal = _accepted.Count + random.Next(1, 15);
            var victim = random.Next(Workers);
            await UntilAsync(() => _accepted.Count >= goal);
            await workers[victim].KillAsync();
            CheckIntegrity();
            await workers[victim].DisposeAsync();
            workers[victim] = Start();
        }

        await stop.CancelAsync();
        await Task.WhenAll(putting);
        await using var store = new EmbeddedStore(Database.InFile(Path.Combine(_folder, "tasks.db")), TimeProvider.System);
        foreach (var (id, number) in _accepted)
            await CheckAsync(store, id, number);
        foreach (var worker in workers)
            await worker.DisposeAsync();
        CheckIntegrity();
        _accepted.Count.ShouldBeGreaterThan(Rounds);
        TestContext.Current.SendDiagnosticMessage($"{Rounds} kills, {_accepted.Count} accepted tasks");
    }

    private WorkerProcess Start() => WorkerProcess.Start(_folder, "jobtype_extra: {max_interruptions: 1000, shutdown_delay: 0}\n");

    private async Task PutAsync(Func<WorkerProcess> worker, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var address = await worker().Address.WaitAsync(Patience, stop);
                var number = Interlocked.Increment(ref _number);
                using var body = new StringContent($$"""{"number":{{number}}}""", Encoding.UTF8, "application/json");
                using var response = await _client.PostAsync(new Uri(address, "/pub/async/new/job/proof/latest/api/v1/perform"), body, stop);
                var text = await response.Content.ReadAsStringAsync(stop);
                response.StatusCode.ShouldBe(HttpStatusCode.Created, text);
                _accepted[(string)JsonNode.Parse(text)!["task_id"]!] = number;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                // The worker was killed before it answered: nobody was promised anything.
                await Task.Yield();
            }
        }
    }

    private static async Task CheckAsync(ITaskStore store, string id, int number)
    {
        using var watch = store.Changes.Watch(id);
        using var patience = new CancellationTokenSource(Patience);
        var record = await store.GetAsync(id, patience.Token);
        while (record is not null && !record.Status.IsFinished())
        {
            await watch.WaitAsync(patience.Token);
            record = await store.GetAsync(id, patience.Token);
        }

        record.ShouldNotBeNull($"the accepted task {id} is lost");
        var isRefused = number % 7 == 0;
        record.Status.ShouldBe(isRefused ? TaskState.Failed : TaskState.Completed, record.Error);
        record.HttpStatus.ShouldBe(isRefused ? 400 : 200);
        record.Attempts.ShouldBe(!isRefused && number % 11 == 0 ? 2 : 1);
        var result = Encoding.UTF8.GetString(record.Result!.Value.Span);
        if (isRefused)
            result.ShouldContain($"{number} is refused");
        else
            result.ShouldBe((number * 2).ToString(CultureInfo.InvariantCulture));
        var events = await store.ReadEventsAsync(id, 0, 1000, patience.Token);
        var ends = events.Count(item => item.Kind == TaskEventKinds.State
            && (item.Data.Contains("\"completed\"", StringComparison.Ordinal) || item.Data.Contains("\"failed\"", StringComparison.Ordinal)));
        ends.ShouldBe(1, $"the task {id} ended more than once");
    }

    private void CheckIntegrity()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "tasks.db")};Pooling=false");
        connection.Open();
        connection.Scalar<string>("PRAGMA integrity_check").ShouldBe("ok");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!condition())
            await timer.WaitForNextTickAsync(patience.Token);
    }
}
