using JobRunner.Conformance.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Results over a broker that tells its limit only to whoever goes over it.</summary>
public sealed class RabbitResultSizeTests(RabbitServer server) : ResultSizeSuite
{
    protected override long? HiddenLimit => RabbitServer.MaxMessageSize;

    protected override string Url(string queue) => $"{server.Url}?queue={queue}";

    protected override void AddTransport(IServiceCollection services) => services.AddRabbitMqQueues();
}
