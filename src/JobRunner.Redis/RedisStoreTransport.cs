using JobRunner.Redis.Protocol;
using JobRunner.Redis.Store;
using Microsoft.Extensions.Logging;

namespace JobRunner.Redis;

/// <summary>Makes stores of <c>redis:</c> and <c>rediss:</c> URLs. Jobs that share a database are told apart by
/// <c>?queue=NAME</c>, under which all keys stand.</summary>
internal sealed class RedisStoreTransport(ILoggerFactory loggers, TimeProvider time) : ITaskStoreTransport
{
    private const string DefaultPrefix = "jobrunner";

    public IReadOnlyCollection<string> Schemes { get; } = ["redis", "rediss"];

    public ITaskStore Create(QueueUrl url)
    {
        var endpoint = RedisEndpoint.Of(url, Environment.GetEnvironmentVariable) with { ClientName = "jobrunner:store" };
        var redis = new RedisConnection(endpoint, loggers.CreateLogger<RedisConnection>(), time);
        return new RedisTaskStore(redis, $"{url.Parameter("queue") ?? DefaultPrefix}:", time);
    }
}
