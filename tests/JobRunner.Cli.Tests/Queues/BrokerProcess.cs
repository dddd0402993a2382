using System.Diagnostics;
using System.Net.Sockets;
using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>A broker that is one process: redis-server or nats-server.</summary>
internal sealed class BrokerProcess : IBrokerServer
{
    private readonly string _program;
    private readonly string[] _arguments;
    private Process? _process;

    private BrokerProcess(string program, int port, string[] arguments) =>
        (_program, Port, _arguments) = (program, port, arguments);

    public int Port { get; }

    public static Task<BrokerProcess> StartRedisAsync(TemporaryFolder folder) => StartAsync(
        "redis-server",
        port =>
        [
            "--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder.Path,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "",
        ]);

    public static Task<BrokerProcess> StartNatsAsync(TemporaryFolder folder) =>
        StartAsync("/usr/sbin/nats-server", port => ["-a", "127.0.0.1", "-p", $"{port}", "-js", "-sd", folder["nats"]]);

    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo(_program, _arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.IsTrueAsync(AcceptsAsync);
    }

    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        await KillAsync();
    }

    public async Task KillAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private static async Task<BrokerProcess> StartAsync(string program, Func<int, string[]> arguments)
    {
        var port = DocumentedCommands.FreePort();
        var broker = new BrokerProcess(program, port, arguments(port));
        await broker.StartAsync();
        return broker;
    }

    private async Task<bool> AcceptsAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
