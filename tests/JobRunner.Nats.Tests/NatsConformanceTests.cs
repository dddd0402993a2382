using JobRunner.Conformance.Queues;
using JobRunner.Conformance.Stores;
using JobRunner.Nats.Queues;
using JobRunner.Nats.Tasks;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Nats.Tests;

/// <summary>What every queue does, over JetStream.</summary>
public sealed class JetStreamQueueConformanceTests(NatsServerFixture fixture) : ExpiringLeaseSuite, IClassFixture<NatsServerFixture>
{
    protected override string Destination => $"results.{QueueName}";

    // The server's own, 1 MB by default.
    protected override long? SizeLimit => null;

    protected override IJobQueue Create(QueueSetup setup) => new JetStreamQueue(
        new QueueOptions
        {
            Url = QueueUrl.Parse($"{fixture.Server.Url}?stream={setup.Name}&subject={setup.Name}"),
            VisibilityTimeout = setup.VisibilityTimeout,
            MaxMessageSize = setup.MaxMessageSize,
        },
        fixture.Server.Connect(),
        TimeProvider.System,
        NullLogger<JetStreamQueue>.Instance);

    protected override async Task<Func<Task<ReadOnlyMemory<byte>>>> ListenAsync(string destination)
    {
        var client = fixture.Server.Connect();
        var subscription = await client.SubscribeAsync(destination);
        await client.FlushAsync(Stop);
        return async () =>
        {
            await using (client)
                return (await subscription.Messages.ReadAsync(Stop).Soon()).Payload;
        };
    }
}

/// <summary>What every store does, in a bucket.</summary>
public sealed class NatsTaskStoreConformanceTests(NatsServerFixture fixture) : TaskStoreConformance, IClassFixture<NatsServerFixture>
{
    private readonly string _stream = $"s{Guid.NewGuid():N}";

    protected override ITaskStore Create(ManualTime time) => new NatsTaskStore(
        QueueUrl.Parse($"{fixture.Server.Url}?stream={_stream}"),
        fixture.Server.Connect(),
        time,
        NullLogger<NatsTaskStore>.Instance);
}
