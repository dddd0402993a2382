using System.Diagnostics;
using System.Globalization;
using JobRunner.RabbitMq.Tests;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>RabbitMQ, started by what its own tests start it with.</summary>
internal sealed class RabbitBroker : IBrokerServer
{
    private readonly RabbitServer _server = new();

    public int Port => _server.Port;

    public static async Task<RabbitBroker> StartAsync()
    {
        var broker = new RabbitBroker();
        await broker._server.InitializeAsync();
        return broker;
    }

    Task IBrokerServer.StartAsync() => _server.StartAsync();

    public Task StopAsync() => _server.StopAsync();

    public async Task KillAsync()
    {
        // The script that starts the broker becomes the broker, which writes down its id.
        var id = int.Parse(await File.ReadAllTextAsync(Path.Combine(_server.Folder, "pid")), CultureInfo.InvariantCulture);
        using (var process = Process.GetProcessById(id))
            process.Kill();
        await _server.StopAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
