using System.Globalization;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Four worker processes, one of which is killed each second while work goes on.</summary>
public sealed class KilledWorkerTests : IDisposable
{
    private const int Tasks = 2000;
    private const int Workers = 4;

    private const string Job = """
        public class Job
        {
            public async Task<int> Perform(int number)
            {
                await Task.Delay(10 + number % 90);
                File.Create($"runs/{number}.{Guid.NewGuid():N}").Dispose();
                return number;
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    [InlineData("nats")]
    public async Task No_task_is_lost_and_repeats_are_those_of_killed_workers(string kind)
    {
        _folder.Write("Job.cs", Job);
        Directory.CreateDirectory(_folder["runs"]);
        _folder.Write("tasks.jsonl", string.Concat(Enumerable.Range(0, Tasks).Select(number => $"{{\"number\": {number}}}\n")));
        await using var broker = await Broker.StartAsync(kind, _folder);
        var url = broker.Url + (broker.Url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "visibility_timeout=3s";
        var put = await JobRunnerProcess.RunAsync(["enqueue", "--queue", url, "--file", "tasks.jsonl"], _folder.Path);
        put.ExitCode.ShouldBe(0, put.Error);
        var ids = put.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        ids.Length.ShouldBe(Tasks);

        var workers = Enumerable.Range(0, Workers).Select(_ => Start(url)).ToList();
        var kills = 0;
        try
        {
            // What was worked off tells that work is going on; a clock would not.
            for (var goal = Tasks / 20; Runs().Count < Tasks && goal < Tasks * 9 / 10; goal += Tasks / 20)
            {
                await Eventually.IsTrueAsync(() => Task.FromResult(Runs().Count >= goal), TimeSpan.FromMinutes(2));
                await workers[kills % Workers].DisposeAsync();
                workers[kills % Workers] = Start(url);
                kills++;
            }

            await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(url);
            for (var number = 0; number < Tasks; number++)
                (await client.WaitAsync<int>(ids[number], TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2))).ShouldBe(number);
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }

        // A killed worker had at most its places full; what it had begun ran again elsewhere.
        var runs = Runs();
        runs.Distinct().Count().ShouldBe(Tasks);
        kills.ShouldBeGreaterThan(5);
        (runs.Count - Tasks).ShouldBeLessThanOrEqualTo(kills * Places);
    }

    private const int Places = 8;

    private JobRunnerProcess Start(string url) => JobRunnerProcess.Start(
        ["work", _folder["Job.cs"], "--queue", url, "--concurrency", Places.ToString(CultureInfo.InvariantCulture)],
        _folder.Path,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["LOG_LEVEL"] = "warn" });

    // One file for each run: processes that append to one file would write over each other.
    private List<int> Runs() =>
        [.. Directory.EnumerateFiles(_folder["runs"]).Select(path => int.Parse(Path.GetFileName(path).Split('.')[0], CultureInfo.InvariantCulture))];
}
