using JobRunner.Conformance.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Redis.Tests.Conformance;

/// <summary>Results over Redis Streams; the server's own limit of 512 MB is lowered by the manifest.</summary>
public sealed class RedisResultSizeTests(RedisServer server) : ResultSizeSuite
{
    protected override string Url(string queue) => $"{server.Url}?stream={queue}&max_message_size=200k";

    protected override void AddTransport(IServiceCollection services) => services.AddRedisQueues();
}
