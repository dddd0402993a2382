namespace JobRunner.Cli.Tests.Queues;

/// <summary>Tasks that last longer than a lease.</summary>
public sealed class LongTaskTests : IDisposable
{
    private const string Job = """
        public class Job
        {
            public async Task<int> Perform(int number)
            {
                File.Create($"began.{number}.{Guid.NewGuid():N}").Dispose();
                await Task.Delay(TimeSpan.FromSeconds(7));
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
    [InlineData("rabbitmq")]
    public async Task A_task_of_three_leases_runs_once_although_two_workers_compete(string kind)
    {
        _folder.WriteJob(Job);
        await using var broker = await Broker.StartAsync(kind, _folder);
        var url = broker.With("visibility_timeout=2s");
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(url);
        await using var one = Start(url);
        await using var two = Start(url);
        var ids = new List<string>();
        for (var number = 0; number < 3; number++)
            ids.Add(await client.PutAsync("/perform", new { number }, cancellationToken: Stop));

        await using var records = broker.Records(_folder);
        for (var number = 0; number < ids.Count; number++)
            (await records.WaitAsync<int>(ids[number], Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop)).ShouldBe(number);

        Directory.GetFiles(_folder.Path, "began.*").Length.ShouldBe(ids.Count);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Places enough in each for all, so that whatever came twice would begin twice.
    private JobRunnerProcess Start(string url) =>
        JobRunnerProcess.Start(["work", _folder["Job.dll"], "--queue", url, "--concurrency", "4"], _folder.Path);
}
