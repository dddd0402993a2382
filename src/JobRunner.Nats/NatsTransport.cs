using JobRunner.Nats.Protocol;
using JobRunner.Nats.Queues;
using JobRunner.Nats.Tasks;
using Microsoft.Extensions.Logging;

namespace JobRunner.Nats;

/// <summary>Makes queues and stores of <c>nats:</c> and <c>tls:</c> URLs.</summary>
internal sealed class NatsTransport(TimeProvider time, ILoggerFactory loggers, JobManifest? manifest = null) : IJobQueueTransport, ITaskStoreTransport
{
    public IReadOnlyCollection<string> Schemes { get; } = ["nats", "tls"];

    public IJobQueue Create(QueueOptions options) => options.Url.Parameter("mode") is "core"
        ? new CoreQueue(options, Connect(options.Url), time, loggers.CreateLogger<CoreQueue>())
        : new JetStreamQueue(options, Connect(options.Url), time, loggers.CreateLogger<JetStreamQueue>())
        {
            MaxInterruptions = manifest?.Extra.MaxInterruptions ?? JetStreamQueue.DefaultMaxInterruptions,
        };

    public ITaskStore Create(QueueUrl url) => new NatsTaskStore(url, Connect(url), time, loggers.CreateLogger<NatsTaskStore>());

    /// <summary>The environment fills in what the URL leaves out.</summary>
    private NatsClient Connect(QueueUrl url)
    {
        var variable = Environment.GetEnvironmentVariable("NATS_URL");
        var server = url.Hosts.Count == 0 && !string.IsNullOrEmpty(variable) ? QueueUrl.Parse(variable) : url;
        return new NatsClient(NatsOptions.FromUrl(server), time, loggers.CreateLogger<NatsClient>());
    }
}
