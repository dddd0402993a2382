using JobRunner.Conformance.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Nats.Tests.Queues;

/// <summary>Results over JetStream, whose server takes 1 MB; the records stand there, too.</summary>
public sealed class NatsResultSizeTests(NatsServerFixture fixture) : ResultSizeSuite, IClassFixture<NatsServerFixture>
{
    protected override string Destination => $"{QueueName}r";

    protected override long? RecordLimit => 1024 * 1024;

    protected override string Url(string queue) => $"{fixture.Server.Url}?stream={queue}&subject={queue}";

    protected override void AddTransport(IServiceCollection services) => services.AddNatsQueues();
}
