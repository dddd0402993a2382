using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using JobRunner.Nats.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Nats.Tests;

/// <summary>A real server with JetStream, on a port and in a folder of its own.</summary>
public sealed class NatsServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-nats-").FullName;
    private readonly string _configuration;
    private Process? _process;

    private NatsServer(string configuration)
    {
        _configuration = configuration;
        Port = FreePort();
    }

    public int Port { get; }

    public string Url => $"nats://127.0.0.1:{Port}";

    /// <param name="configuration">More lines of the server's configuration file.</param>
    public static async Task<NatsServer> StartAsync(string configuration = "")
    {
        var server = new NatsServer(configuration);
        await server.StartAgainAsync();
        return server;
    }

    public async Task StartAgainAsync()
    {
        var file = Path.Combine(_folder, "server.conf");
        await File.WriteAllTextAsync(file, _configuration);
        string[] arguments = ["-a", "127.0.0.1", "-p", $"{Port}", "-js", "-sd", Path.Combine(_folder, "store"), "-c", file];
        _process = Process.Start(new ProcessStartInfo(Executable(), arguments) { RedirectStandardError = true, UseShellExecute = false })
            ?? throw new InvalidOperationException("nats-server did not start");
        var log = _process.StandardError;
        using var deadline = new CancellationTokenSource(StartTimeout);
        while (await log.ReadLineAsync(deadline.Token) is { } line)
        {
            if (!line.Contains("Server is ready", StringComparison.Ordinal)) continue;
            _ = log.ReadToEndAsync();
            return;
        }

        throw new InvalidOperationException("nats-server ended before it was ready");
    }

    /// <summary>SIGKILL: nothing is written that was not written before.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    internal NatsOptions Options(params int[] morePorts) => new()
    {
        Servers = [new NatsAddress("127.0.0.1", Port), .. morePorts.Select(port => new NatsAddress("127.0.0.1", port))],
        FirstRetryDelay = TimeSpan.FromMilliseconds(20),
        MaxRetryDelay = TimeSpan.FromMilliseconds(200),
        OperationTimeout = TimeSpan.FromSeconds(15),
    };

    internal NatsClient Connect(Func<NatsOptions, NatsOptions>? change = null) =>
        new(change is null ? Options() : change(Options()), TimeProvider.System, NullLogger<NatsClient>.Instance);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Debian puts it where only root's search path goes.
    private static string Executable() =>
        new[] { "/usr/bin/nats-server", "/usr/sbin/nats-server", "/usr/local/bin/nats-server" }.FirstOrDefault(File.Exists) ?? "nats-server";
}
