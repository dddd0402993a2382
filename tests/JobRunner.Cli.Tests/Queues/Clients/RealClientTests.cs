using System.Text.Json;

namespace JobRunner.Cli.Tests.Queues.Clients;

/// <summary>Each broker's own clients put tasks as the documentation says, and read what came of them.</summary>
public sealed class RealClientTests : IDisposable
{
    private static readonly string Primer = Path.Combine(AppContext.BaseDirectory, "Primer.dll");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_command_line_of_Redis_puts_plain_fields_and_reads_reply_and_record()
    {
        await using var broker = await Broker.StartAsync("redis", _folder);
        await using var worker = Work(broker);

        var entry = await RedisAsync("XADD", "jobs", "*", "number", "7907", "reply_to", "answers");
        var answer = await RedisAsync("XREAD", "BLOCK", "60000", "STREAMS", "answers", "0");
        var quiet = await RedisAsync("XADD", "jobs", "*", "payload", """{"number": 7908}""");
        await Eventually.IsTrueAsync(async () => await RedisAsync("HGET", $"jobrunner:jobs:task:jobs-{quiet}", "status") == "completed");

        answer.ShouldContain($"{{\"id\":\"jobs-{entry}\",\"status\":\"completed\",\"result\":true}}");
        (await RedisAsync("HGET", $"jobrunner:jobs:task:jobs-{quiet}", "result")).ShouldBe("false");

        Task<string> RedisAsync(params string[] words) => ClientProcess.RunAsync("redis-cli", ["-p", $"{broker.Port}", .. words]);
    }

    [Fact]
    public async Task Python_puts_into_Redis_and_reads_its_reply()
    {
        await using var broker = await Broker.StartAsync("redis", _folder);
        await using var worker = Work(broker);

        var said = await ClientProcess.RunAsync(
            "/usr/bin/python3", Path.Combine(AppContext.BaseDirectory, "Queues", "Clients", "put-redis.py"), $"{broker.Port}");

        using var json = JsonDocument.Parse(said);
        json.RootElement.GetProperty("correlation_id").GetString().ShouldBe("python-1");
        json.RootElement.GetProperty("answer").GetRawText().ShouldBe("""{"id": "python-1", "status": "completed", "result": true}""");
    }

    [Fact]
    public async Task Node_puts_into_JetStream_and_gets_its_reply()
    {
        await using var broker = await Broker.StartAsync("nats", _folder);
        await using var worker = Work(broker);
        await Eventually.IsTrueAsync(() => worker.Output.Contains("Working on the queue", StringComparison.Ordinal));

        var said = await ClientProcess.RunAsync("node", await NodeClient.InstallAsync("put.js"), $"{broker.Port}");

        using var json = JsonDocument.Parse(said);
        json.RootElement.GetProperty("stream").GetString().ShouldBe("JOBS");
        json.RootElement.GetProperty("answer").GetRawText().ShouldBe("""{"id":"node-1","status":"completed","result":true}""");
    }

    [Fact]
    public async Task Python_puts_into_RabbitMQ_and_gets_its_reply()
    {
        await using var broker = await Broker.StartAsync("rabbitmq", _folder);
        await using var worker = Work(broker);
        await Eventually.IsTrueAsync(() => worker.Output.Contains("Working on the queue", StringComparison.Ordinal));

        var said = await ClientProcess.RunAsync(
            "/usr/bin/python3",
            Path.Combine(AppContext.BaseDirectory, "Queues", "Clients", "ask.py"),
            $"{broker.Port}",
            QueueUrl.Parse(broker.Url).Parameter("queue")!);

        using var json = JsonDocument.Parse(said);
        json.RootElement.GetProperty("correlation_id").GetString().ShouldBe("corr-1");
        json.RootElement.GetProperty("body").GetString().ShouldBe("""{"id":"python-1","status":"completed","result":true}""");
    }

    private JobRunnerProcess Work(Broker broker) => JobRunnerProcess.Start(["work", Primer, "--queue", broker.Url], _folder.Path);
}
