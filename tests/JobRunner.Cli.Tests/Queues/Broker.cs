using System.Diagnostics;
using System.Net.Sockets;
using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Queues to work on: a file, or a real broker on a port of its own.</summary>
internal sealed class Broker : IAsyncDisposable
{
    private readonly Process? _server;

    private Broker(string url, Process? server) => (Url, _server) = (url, server);

    public string Url { get; }

    public static async Task<Broker> StartAsync(string kind, TemporaryFolder folder)
    {
        if (kind == "sqlite")
            return new Broker($"sqlite:{folder["tasks.db"]}?queue=jobs", server: null);
        var port = DocumentedCommands.FreePort();
        var server = Process.Start(kind switch
        {
            "redis" => new ProcessStartInfo("redis-server",
                ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder.Path, "--appendonly", "yes", "--appendfsync", "always", "--save", ""]),
            "nats" => new ProcessStartInfo("/usr/sbin/nats-server", ["-a", "127.0.0.1", "-p", $"{port}", "-js", "-sd", folder["nats"]]),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        } is var start ? Quiet(start) : null!)!;
        server.OutputDataReceived += (_, _) => { };
        server.ErrorDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await Eventually.IsTrueAsync(() => AcceptsAsync(port));
        return new Broker(kind == "redis" ? $"redis://127.0.0.1:{port}?stream=jobs" : $"nats://127.0.0.1:{port}", server);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
            return;
        _server.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    private static ProcessStartInfo Quiet(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        return start;
    }

    private static async Task<bool> AcceptsAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
