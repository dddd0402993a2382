using JobRunner.Redis.Protocol;
using JobRunner.Redis.Store;
using Microsoft.Extensions.Logging;

namespace JobRunner.Redis;

/// <summary>Makes stores of <c>redis:</c> and <c>rediss:</c> URLs. Jobs that share a database are told apart by the URL's
/// <c>stream</c>, or <c>queue</c> where it has none: a worker must not claim the tasks of another job.</summary>
internal sealed class RedisStoreTransport(ILoggerFactory loggers, TimeProvider time) : ITaskStoreTransport
{
    private const string Prefix = "jobrunner:";

    public IReadOnlyCollection<string> Schemes { get; } = ["redis", "rediss"];

    public ITaskStore Create(QueueUrl url)
    {
        var endpoint = RedisEndpoint.Of(url, Environment.GetEnvironmentVariable) with { ClientName = "jobrunner:store" };
        var redis = new RedisConnection(endpoint, loggers.CreateLogger<RedisConnection>(), time);
        return new RedisTaskStore(redis, PrefixOf(url), time);
    }

    internal static string PrefixOf(QueueUrl url) =>
        (url.Parameter("stream") ?? url.Parameter("queue")) is { } name ? $"{Prefix}{name}:" : Prefix;
}
