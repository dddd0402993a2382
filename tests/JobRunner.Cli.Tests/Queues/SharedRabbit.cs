using JobRunner.Cli.Tests.Queues;

[assembly: AssemblyFixture(typeof(SharedRabbit))]

namespace JobRunner.Cli.Tests.Queues;

/// <summary>One RabbitMQ for all tests that do not stop it, started by the first that wants it.</summary>
public sealed class SharedRabbit : IAsyncDisposable
{
    private readonly Lazy<Task<RabbitBroker>> _server = new(RabbitBroker.StartAsync);

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }

    internal async Task<IBrokerServer> ServerAsync() => new Lent(await _server.Value);

    // It outlives the test that uses it.
    private sealed class Lent(RabbitBroker server) : IBrokerServer
    {
        public int Port => server.Port;

        public Task StartAsync() => throw new InvalidOperationException("Others use this broker.");

        public Task StopAsync() => throw new InvalidOperationException("Others use this broker.");

        public Task KillAsync() => throw new InvalidOperationException("Others use this broker.");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
