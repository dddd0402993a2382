using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JobRunner.Redis.Tests;

/// <summary>A real redis-server on a port and in a folder of its own, which is gone with it.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string[] _options;
    private Process? _process;

    public RedisServer()
        : this([])
    {
    }

    internal RedisServer(params string[] options) => _options = options;

    public int Port { get; private set; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("jobrunner-redis-").FullName;

    public string Url => $"redis://127.0.0.1:{Port}";

    public async ValueTask InitializeAsync()
    {
        // Between finding a free port and listening on it somebody else may take it.
        for (var attempt = 1; ; attempt++)
        {
            Port = FreePort();
            try
            {
                await StartAsync();
                return;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
            }
        }
    }

    /// <summary>Starts the server on its port and waits until it serves.</summary>
    public async Task StartAsync()
    {
        string[] arguments =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", Folder, "--appendonly", "yes",
            "--appendfsync", "everysec", "--save", "", "--loglevel", "warning", .. _options,
        ];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = new StringBuilder();
        _process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        _process.BeginOutputReadLine();
        var deadline = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            if (_process.HasExited || deadline.Elapsed > Patience)
                throw new InvalidOperationException($"redis-server did not start: {output}");
            await Task.Delay(20);
        }
    }

    /// <summary>Asks the server to end, which first writes what it has been told.</summary>
    public async Task StopAsync()
    {
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            await client.GetStream().WriteAsync("SHUTDOWN\r\n"u8.ToArray());
            await _process!.WaitForExitAsync();
        }

        await KillAsync();
    }

    /// <summary>Ends the server without a warning.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Whoever must log in first is told so, which is an answer.
    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray());
            var buffer = new byte[64];
            var read = await stream.ReadAsync(buffer);
            var answer = Encoding.ASCII.GetString(buffer, 0, read);
            return answer.StartsWith("+PONG", StringComparison.Ordinal) || answer.StartsWith("-NOAUTH", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
    }
}
