using JobRunner.Conformance.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Redis.Tests.Conformance;

/// <summary>What every queue does, over Redis Streams, as an application gets it.</summary>
public sealed class RedisQueueConformanceTests(RedisServer server) : ExpiringLeaseSuite
{
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().AddRedisQueues().BuildServiceProvider();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _services.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override IJobQueue Create(QueueSetup setup) =>
        _services.GetServices<IJobQueueTransport>().Single(transport => transport.Schemes.Contains("redis")).Create(new QueueOptions
        {
            Url = QueueUrl.Parse($"{server.Url}?stream={setup.Name}"),
            VisibilityTimeout = setup.VisibilityTimeout,
            MaxMessageSize = setup.MaxMessageSize,
        });
}
