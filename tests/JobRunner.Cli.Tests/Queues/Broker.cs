namespace JobRunner.Cli.Tests.Queues;

/// <summary>A queue to work on: a file, or a real broker on a port of its own.</summary>
internal sealed class Broker : IAsyncDisposable
{
    private readonly string _place;
    private readonly string _query;
    private readonly IBrokerServer? _server;

    private Broker(string kind, string place, string query, IBrokerServer? server) =>
        (Kind, _place, _query, _server) = (kind, place, query, server);

    public string Kind { get; }

    public string Url => UrlAt(Port);

    public int Port => _server?.Port ?? 0;

    /// <summary>A broker that nobody stops; RabbitMQ takes long to start, so that all tests share one.</summary>
    public static async Task<Broker> StartAsync(string kind, TemporaryFolder folder)
    {
        if (kind != "rabbitmq")
            return await StartOwnAsync(kind, folder);
        var shared = await TestContext.Current.GetFixture<SharedRabbit>();
        return new Broker(kind, "amqp://127.0.0.1:PORT", $"queue={Guid.NewGuid():N}", await shared!.ServerAsync());
    }

    /// <summary>A broker that is this test's alone.</summary>
    public static async Task<Broker> StartOwnAsync(string kind, TemporaryFolder folder) => kind switch
    {
        "sqlite" => new Broker(kind, $"sqlite:{folder["tasks.db"]}", "queue=jobs", server: null),
        "redis" => new Broker(kind, "redis://127.0.0.1:PORT", "stream=jobs", await BrokerProcess.StartRedisAsync(folder)),
        "nats" => new Broker(kind, "nats://127.0.0.1:PORT", "stream=JOBS", await BrokerProcess.StartNatsAsync(folder)),
        "rabbitmq" => new Broker(kind, "amqp://127.0.0.1:PORT", "queue=jobs", await RabbitBroker.StartAsync()),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The queue's URL with more parameters.</summary>
    public string With(params string[] parameters) => UrlAt(Port, parameters);

    /// <summary>The queue's URL for whoever goes by another port.</summary>
    public string UrlAt(int port, params string[] parameters) =>
        $"{_place.Replace("PORT", $"{port}", StringComparison.Ordinal)}?{string.Join('&', [_query, .. parameters])}";

    /// <summary>A client of the queue that knows the records of its tasks, too.</summary>
    /// <param name="folder">Where the workers run, whose embedded store has them for RabbitMQ.</param>
    public JobQueueClient Records(TemporaryFolder folder) => new JobRunner.Cli.Commands.JobHosting().CreateClient(
        Kind == "rabbitmq" ? $"sqlite:{Path.Combine(folder.Path, ".jobrunner", "tasks.db")}" : Url);

    /// <summary>Starts it again, on its port and with its data.</summary>
    public Task StartAgainAsync() => _server!.StartAsync();

    /// <summary>Ends it as an operator does.</summary>
    public Task StopAsync() => _server!.StopAsync();

    /// <summary>Ends it without a warning.</summary>
    public Task KillAsync() => _server!.KillAsync();

    public ValueTask DisposeAsync() => _server is null ? ValueTask.CompletedTask : _server.DisposeAsync();
}
