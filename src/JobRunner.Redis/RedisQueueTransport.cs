using JobRunner.Redis.Protocol;
using JobRunner.Redis.Streams;
using Microsoft.Extensions.Logging;

namespace JobRunner.Redis;

/// <summary>Makes queues of <c>redis:</c> and <c>rediss:</c> URLs.</summary>
internal sealed class RedisQueueTransport(ILoggerFactory loggers, TimeProvider time, JobManifest? manifest = null)
    : IJobQueueTransport
{
    public IReadOnlyCollection<string> Schemes { get; } = ["redis", "rediss"];

    public IJobQueue Create(QueueOptions options)
    {
        var stream = RedisStreamOptions.Of(options, Environment.GetEnvironmentVariable) with
        {
            MaxInterruptions = manifest?.Extra.MaxInterruptions ?? RedisStreamOptions.DefaultMaxInterruptions,
        };
        var endpoint = RedisEndpoint.Of(options.Url, Environment.GetEnvironmentVariable) with { ClientName = ClientName(stream) };
        var redis = new RedisConnection(endpoint, loggers.CreateLogger<RedisConnection>(), time);
        return new RedisStreamQueue(stream, redis, time);
    }

    // Redis refuses blanks and control characters in it.
    private static string ClientName(RedisStreamOptions stream) =>
        string.Concat($"jobrunner:{stream.Consumer}".Select(letter => letter is > ' ' and <= '~' ? letter : '_'));
}
