namespace JobRunner.Cli.Tests.Queues;

/// <summary>A worker that the system stops for longer than its lease, and then continues.</summary>
public sealed class StoppedWorkerTests : IDisposable
{
    private const string Job = """
        public class Job
        {
            public async Task<int> Perform(int milliseconds)
            {
                await Task.Delay(milliseconds);
                return Environment.ProcessId;
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    [InlineData("nats")]
    public async Task It_cannot_overwrite_the_outcome_of_the_one_that_took_over(string kind)
    {
        _folder.WriteJob(Job);
        await using var broker = await Broker.StartAsync(kind, _folder);
        var url = broker.Url + (broker.Url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "visibility_timeout=2s";
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(url);
        var id = await client.PutAsync("/perform", new { milliseconds = 1500 }, cancellationToken: TestContext.Current.CancellationToken);

        await using var stopped = Start(url);
        await Eventually.IsTrueAsync(async () => await client.StatusAsync(id, TestContext.Current.CancellationToken) == TaskState.Running);
        await stopped.SignalAsync("STOP");
        await using var other = Start(url);
        var result = await client.WaitAsync<int>(id, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
        await stopped.SignalAsync("CONT");
        await Eventually.IsTrueAsync(() => stopped.Output.Contains("is lost", StringComparison.Ordinal)
            || stopped.Output.Contains("lease was lost", StringComparison.Ordinal));

        result.ShouldBe(other.Id);
        (await client.WaitAsync<int>(id, TestContext.Current.CancellationToken)).ShouldBe(other.Id);
    }

    private JobRunnerProcess Start(string url) =>
        JobRunnerProcess.Start(["work", _folder["Job.dll"], "--queue", url], _folder.Path);
}
