namespace JobRunner.Cli.Tests.Queues;

/// <summary>A worker that is stopped while it works.</summary>
public sealed class GivenBackTests : IDisposable
{
    private const int Tasks = 4;

    // One kind of task ends with its token, the other takes no notice; neither ends by itself where HOLD is set.
    private const string Job = """
        public class Job
        {
            public async Task<int> Perform(int number, bool isPolite, CancellationToken cancellationToken)
            {
                if (Environment.GetEnvironmentVariable("HOLD") is null)
                    return Environment.ProcessId;
                File.Create($"held.{number}").Dispose();
                await Task.Delay(TimeSpan.FromHours(1), isPolite ? cancellationToken : CancellationToken.None);
                return -1;
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
    public async Task What_it_has_runs_elsewhere_at_once_and_no_attempt_is_counted(string kind)
    {
        _folder.WriteJob(Job);
        _folder.Write("job.yaml", "jobtype_extra:\n  shutdown_delay: 0\n  shutdown_grace: 1s\n");
        await using var broker = await Broker.StartAsync(kind, _folder);
        var url = broker.With("visibility_timeout=10m", "max_attempts=1");
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(url);
        var ids = new List<string>();
        for (var number = 0; number < Tasks; number++)
            ids.Add(await client.PutAsync("/perform", new { number, is_polite = number % 2 == 0 }, cancellationToken: Stop));

        await using var stopped = Start(url, new() { ["HOLD"] = "1" });
        await Eventually.IsTrueAsync(() => Directory.GetFiles(_folder.Path, "held.*").Length == Tasks);
        await using var other = Start(url, []);
        (await stopped.TerminateAsync()).ShouldBe(0);

        // The leases would last ten minutes.
        await using var records = broker.Records(_folder);
        foreach (var id in ids)
            (await records.WaitAsync<int>(id, Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop)).ShouldBe(other.Id);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private JobRunnerProcess Start(string url, Dictionary<string, string> environment) => JobRunnerProcess.Start(
        ["work", _folder["Job.dll"], "--queue", url, "--concurrency", $"{Tasks}"], _folder.Path, environment);
}
