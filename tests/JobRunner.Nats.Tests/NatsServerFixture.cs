namespace JobRunner.Nats.Tests;

/// <summary>One server for the tests of a class.</summary>
public sealed class NatsServerFixture : IAsyncLifetime
{
    public NatsServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await NatsServer.StartAsync();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();
}
