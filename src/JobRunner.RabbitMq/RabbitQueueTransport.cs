using JobRunner.RabbitMq.Connections;
using JobRunner.RabbitMq.Queues;
using Microsoft.Extensions.Logging;

namespace JobRunner.RabbitMq;

/// <summary>Makes queues of <c>amqp:</c> and <c>amqps:</c> URLs.</summary>
internal sealed class RabbitQueueTransport(ILoggerFactory loggers, TimeProvider time) : IJobQueueTransport
{
    public IReadOnlyCollection<string> Schemes { get; } = ["amqp", "amqps"];

    public IJobQueue Create(QueueOptions options)
    {
        var endpoint = RabbitEndpoint.Of(options.Url, Environment.GetEnvironmentVariable);
        return new RabbitQueue(RabbitQueueOptions.Of(options), endpoint, loggers.CreateLogger<RabbitQueue>(), time);
    }
}
