using JobRunner.Conformance.Queues;
using JobRunner.RabbitMq.Connections;
using JobRunner.RabbitMq.Queues;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.RabbitMq.Tests;

/// <summary>What every queue does; each handle has a connection of its own, as each process does.</summary>
public sealed class RabbitConformanceTests(RabbitServer server) : JobQueueSuite
{
    protected override long? SizeLimit => RabbitServer.MaxMessageSize;

    protected override IJobQueue Create(QueueSetup setup) => Rabbit.Queue(server, setup.Name, options => options with
    {
        VisibilityTimeout = setup.VisibilityTimeout,
        MaxMessageSize = setup.MaxMessageSize,
    });
}

/// <summary>Queues at the broker of the tests.</summary>
internal static class Rabbit
{
    public static IJobQueue Queue(RabbitServer server, string name, Func<QueueOptions, QueueOptions>? set = null) =>
        At($"{server.Url}?queue={name}", set);

    public static IJobQueue At(string url, Func<QueueOptions, QueueOptions>? set = null, Func<RabbitEndpoint, RabbitEndpoint>? point = null)
    {
        var options = new QueueOptions { Url = QueueUrl.Parse(url) };
        if (set is not null) options = set(options);
        var endpoint = RabbitEndpoint.Of(options.Url, _ => null);
        if (point is not null) endpoint = point(endpoint);
        return new RabbitQueue(RabbitQueueOptions.Of(options), endpoint, NullLogger<RabbitQueue>.Instance, TimeProvider.System);
    }
}
