namespace JobRunner.Cli.Tests.Queues;

/// <summary><c>jobrunner enqueue</c> and <c>jobrunner work</c>, as processes, over real brokers.</summary>
public sealed class QueueCommandTests : IDisposable
{
    private static readonly string Primer = Path.Combine(Sources.Root, "samples", "Primer", "Job.cs");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    [InlineData("nats")]
    [InlineData("rabbitmq")]
    public async Task Tasks_that_are_put_are_worked_off_in_a_burst(string kind)
    {
        await using var broker = await Broker.StartAsync(kind, _folder);
        _folder.Write("tasks.jsonl", "{\"number\": 11}\n\n{\"number\": 12}\n");

        var put = await RunAsync("enqueue", "--queue", broker.Url, "--each", "number", "7907", "7908");
        var lines = await RunAsync("enqueue", "--queue", broker.Url, "--file", "tasks.jsonl");
        var burst = await RunAsync("work", Primer, "--queue", broker.Url, "--burst");

        (put.ExitCode, put.Error).ShouldBe((0, string.Empty));
        put.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count().ShouldBe(2);
        (lines.ExitCode, lines.Error).ShouldBe((0, string.Empty));
        (burst.ExitCode, burst.Error).ShouldBe((0, string.Empty));
        await using var client = broker.Records(_folder);
        foreach (var (id, isPrime) in put.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Zip([true, false]))
            (await client.WaitAsync<bool>(id.Trim(), TestContext.Current.CancellationToken)).ShouldBe(isPrime);
    }

    [Fact]
    public async Task Results_are_printed_where_they_are_waited_for()
    {
        await using var broker = await Broker.StartAsync("sqlite", _folder);
        await using var worker = JobRunnerProcess.Start(["work", Primer, "--queue", broker.Url], _folder.Path);

        var good = await RunAsync("enqueue", "--queue", broker.Url, "number=7907", "--wait");
        var bad = await RunAsync("enqueue", "--queue", broker.Url, "number=seven", "--wait");

        (good.ExitCode, good.Output).ShouldBe((0, "true" + Environment.NewLine));
        (bad.ExitCode, bad.Output).ShouldBe((1, string.Empty));
        bad.Error.ShouldContain("argument 'number' must be int");
        (await worker.TerminateAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_host_takes_calls_and_works_on_a_queue()
    {
        await using var broker = await Broker.StartAsync("sqlite", _folder);
        await using var host = JobRunnerProcess.Start(
            ["run", Primer, "--queue", broker.Url, "--port", "0", "--host", "127.0.0.1"], _folder.Path);
        using var client = new HttpClient { BaseAddress = await host.AddressAsync() };

        var put = await RunAsync("enqueue", "--queue", broker.Url, "--payload", "{\"number\": 7907}", "--wait");

        put.Output.ShouldBe("true" + Environment.NewLine);
        (await client.GetStringAsync("/health")).ShouldContain("\"queues\":{\"jobs\":\"up\"}");
        (await client.GetStringAsync("/metrics")).ShouldContain("jobrunner_task_total{queue=\"jobs\",status=\"completed\"} 1");
    }

    [Theory]
    [InlineData(2, "begins with sqlite:", "enqueue", "--queue", "foo://x", "a=1")]
    [InlineData(2, "--queue", "enqueue", "a=1")]
    [InlineData(2, "in one way", "enqueue", "--queue", "memory:", "--payload", "{}", "a=1")]
    [InlineData(2, "--each wants values", "enqueue", "--queue", "memory:", "--each", "a")]
    [InlineData(2, "is no argument", "enqueue", "--queue", "memory:", "a")]
    [InlineData(2, "must be a JSON object", "enqueue", "--queue", "memory:", "--payload", "[1]")]
    [InlineData(2, "1 or more", "work", "--queue", "memory:", "--concurrency", "0", ".")]
    [InlineData(2, "1 or more", "work", "--queue", "memory:", "--workers", "0", ".")]
    public async Task Wrong_usage_is_one_sentence(int exitCode, string sentence, params string[] args)
    {
        var run = await RunAsync(args);

        (run.ExitCode, run.Output).ShouldBe((exitCode, string.Empty));
        run.Error.ShouldContain(sentence);
    }

    [Fact]
    public async Task A_worker_whose_job_does_not_load_says_so_and_ends()
    {
        _folder.Write("Job.cs", "public class Job { public int Perform() => missing; }");

        var run = await RunAsync("work", _folder["Job.cs"], "--queue", "memory:");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("Job.cs:1: The name 'missing' does not exist");
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] args) =>
        JobRunnerProcess.RunAsync(args, _folder.Path);
}
