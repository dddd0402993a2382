using System.Diagnostics;
using System.Globalization;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>A worker that stands still longer than its lease, and goes on as if nothing had been.</summary>
public sealed class PausedWorkerTests : IDisposable
{
    private const string Job = """
        public class Job
        {
            public async Task<int> Perform()
            {
                await File.AppendAllTextAsync("started.txt", $"{Environment.ProcessId}\n");
                while (!File.Exists("go"))
                    await Task.Delay(20);
                await File.AppendAllTextAsync("ended.txt", $"{Environment.ProcessId}\n");
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
    public async Task A_worker_that_was_stopped_past_its_lease_cannot_overwrite_the_outcome(string kind)
    {
        _folder.Write("Job.cs", Job);
        await using var broker = await Broker.StartAsync(kind, _folder);
        var url = broker.Url + (broker.Url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "visibility_timeout=2s";
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(url);
        var id = await client.PutAsync("/perform", payload: null, cancellationToken: TestContext.Current.CancellationToken);

        await using var paused = Start(url);
        await BecomesAsync(() => Ids("started.txt").Count == 1, paused);
        var pausedId = Ids("started.txt").Single();
        await SignalAsync("-STOP", pausedId);
        await using var heir = Start(url);
        await BecomesAsync(() => Ids("started.txt").Count == 2, heir);
        var heirId = Ids("started.txt")[^1];
        heirId.ShouldNotBe(pausedId);
        _folder.Write("go", string.Empty);
        (await client.WaitAsync<int>(id, TestContext.Current.CancellationToken)).ShouldBe(heirId);

        await SignalAsync("-CONT", pausedId);
        await BecomesAsync(() => Ids("ended.txt").Contains(pausedId), paused);
        (await paused.TerminateAsync()).ShouldBe(0);

        (await client.WaitAsync<int>(id, TestContext.Current.CancellationToken)).ShouldBe(heirId);
        (paused.Output + paused.Error).ShouldContain("lease");
    }

    private JobRunnerProcess Start(string url) =>
        JobRunnerProcess.Start(["work", _folder["Job.cs"], "--queue", url], _folder.Path);

    private List<int> Ids(string file) => File.Exists(_folder[file])
        ? [.. File.ReadAllLines(_folder[file]).Where(line => line.Length > 0).Select(line => int.Parse(line, CultureInfo.InvariantCulture))]
        : [];

    private static async Task BecomesAsync(Func<bool> condition, JobRunnerProcess process)
    {
        try
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(condition()), TimeSpan.FromSeconds(60));
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(process.Output + process.Error, exception);
        }
    }

    private static async Task SignalAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [signal, processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
