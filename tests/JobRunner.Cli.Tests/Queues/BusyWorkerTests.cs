using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>A worker whose places are all taken while its broker goes and comes back.</summary>
public sealed class BusyWorkerTests : IDisposable
{
    private const string Job = """
        public class Job
        {
            public async Task<int> Perform(int number, CancellationToken cancellationToken)
            {
                File.Create("began").Dispose();
                while (!File.Exists("go"))
                    await Task.Delay(20, cancellationToken);
                return number;
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("nats")]
    public async Task Its_health_tells_that_the_broker_is_back_before_a_place_is_free(string kind)
    {
        _folder.WriteJob(Job);
        var port = DocumentedCommands.FreePort();
        await using var broker = await Broker.StartOwnAsync(kind, _folder);
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(broker.Url);
        await using var worker = JobRunnerProcess.Start(
            [
                "work", _folder["Job.dll"], "--queue", broker.With("visibility_timeout=10m"), "--concurrency", "1",
                "--port", $"{port}", "--host", "127.0.0.1",
            ],
            _folder.Path);
        var id = await client.PutAsync("/perform", new { number = 7 }, cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => File.Exists(_folder["began"]));

        await broker.KillAsync();
        await Eventually.IsTrueAsync(() => IsAsync(port, "down"));
        await broker.StartAgainAsync();
        await Eventually.IsTrueAsync(() => IsAsync(port, "up"));

        _folder.Write("go", "");
        (await client.WaitAsync<int>(id, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1))).ShouldBe(7);
    }

    private async Task<bool> IsAsync(int port, string state)
    {
        try
        {
            return (await _client.GetStringAsync($"http://127.0.0.1:{port}/health")).Contains($"\":\"{state}\"}}", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
