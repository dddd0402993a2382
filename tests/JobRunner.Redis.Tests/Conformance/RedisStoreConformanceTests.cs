using JobRunner.Conformance.Stores;
using JobRunner.Redis.Store;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Conformance;

/// <summary>What every store does, in Redis. The records have the test's time, the connection has the real one.</summary>
public sealed class RedisStoreConformanceTests(RedisServer server) : TaskStoreConformance
{
    protected override ITaskStore Create(ManualTime time) =>
        new RedisTaskStore(RedisConnections.To(server), RedisConnections.Key() + ":", time);
}
