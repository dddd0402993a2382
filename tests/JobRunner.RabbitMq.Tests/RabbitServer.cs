using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JobRunner.RabbitMq.Tests;

/// <summary>A real broker on ports, in a folder and under a name of its own, all of which are gone with it. It takes a while
/// to start, so that all tests share one unless they need another kind of it.</summary>
public sealed class RabbitServer : IAsyncLifetime
{
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _configuration;
    private readonly StringBuilder _output = new();
    private readonly int _namesPort = FreePort();
    private readonly int _nodesPort = FreePort();
    private Process? _names;
    private Process? _process;

    public RabbitServer()
        : this("")
    {
    }

    /// <param name="configuration">Further lines of <c>advanced.config</c>'s list of rabbit's settings.</param>
    internal RabbitServer(string configuration) => _configuration = configuration;

    public int Port { get; } = FreePort();

    public int TlsPort { get; } = FreePort();

    public string Folder { get; } = Directory.CreateTempSubdirectory("jobrunner-rabbit-").FullName;

    public string Url => $"amqp://127.0.0.1:{Port}";

    /// <summary>A user, and its password, who may create nothing.</summary>
    public static string Guarded => "guarded";

    /// <summary>Most bytes that a message may have here.</summary>
    public static int MaxMessageSize => 4 * 1024 * 1024;

    public async ValueTask InitializeAsync()
    {
        await WriteConfigurationAsync();
        _names = Start(EpmdPath(), ["-address", "127.0.0.1", "-port", $"{_namesPort}"]);
        await StartAsync();
    }

    /// <summary>Starts the broker on its port and waits until it serves.</summary>
    public async Task StartAsync()
    {
        _process = Start(Program, []);
        var deadline = Stopwatch.StartNew();
        while (!await ServesAsync())
        {
            if (_process.HasExited || deadline.Elapsed > Patience)
            {
                string output;
                lock (_output) output = _output.ToString();
                throw new InvalidOperationException($"rabbitmq-server did not start: {output}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Ends the broker as an operator does.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        using (process)
        {
            var pid = BrokerPid() ?? process.Id;
            using (var kill = Process.Start("/bin/kill", ["-TERM", $"{pid}"])) await kill.WaitForExitAsync();
            using var expiry = new CancellationTokenSource(Patience);
            await process.WaitForExitAsync(expiry.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_names is { } names)
        {
            names.Kill();
            await names.WaitForExitAsync();
            names.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal string PathOf(string name) => Path.Combine(Folder, name);

    private async Task WriteConfigurationAsync()
    {
        await File.WriteAllTextAsync(PathOf("plugins"), "[].");
        await TestCertificates.WriteAsync(Folder);
        await File.WriteAllTextAsync(
            PathOf("rabbitmq.conf"),
            $"""
            listeners.tcp.1 = 127.0.0.1:{Port}
            listeners.ssl.1 = 127.0.0.1:{TlsPort}
            ssl_options.cacertfile = {PathOf(TestCertificates.File)}
            ssl_options.certfile = {PathOf(TestCertificates.File)}
            ssl_options.keyfile = {PathOf(TestCertificates.KeyFile)}
            ssl_options.verify = verify_none
            ssl_options.fail_if_no_peer_cert = false
            max_message_size = {MaxMessageSize}
            load_definitions = {PathOf("definitions.json")}
            vm_memory_high_watermark.absolute = 1GB
            disk_free_limit.absolute = 10MB

            """);
        await File.WriteAllTextAsync(PathOf("definitions.json"), $$"""
            {
              "vhosts": [{"name": "/"}],
              "users": [
                {"name": "guest", "password": "guest", "tags": "administrator"},
                {"name": "{{Guarded}}", "password": "{{Guarded}}", "tags": ""}
              ],
              "permissions": [
                {"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
                {"user": "{{Guarded}}", "vhost": "/", "configure": "^$", "write": ".*", "read": ".*"}
              ]
            }
            """);

        // A dead letter whose queue is only just being made is sent again after this time, by default three minutes.
        string[] settings = ["{dead_letter_worker_publisher_confirm_timeout, 2000}", .. _configuration.Length > 0 ? [_configuration] : (string[])[]];
        await File.WriteAllTextAsync(PathOf("advanced.config"), $"[{{rabbit, [{string.Join(", ", settings)}]}}].\n");
    }

    private Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Folder,
        };
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = Folder,
            ["ERL_EPMD_PORT"] = $"{_namesPort}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_BASE"] = Folder,
            ["RABBITMQ_NODENAME"] = $"test{Port}@localhost",
            ["RABBITMQ_NODE_PORT"] = $"{Port}",
            ["RABBITMQ_DIST_PORT"] = $"{_nodesPort}",
            ["RABBITMQ_MNESIA_BASE"] = PathOf("mnesia"),
            ["RABBITMQ_LOG_BASE"] = PathOf("log"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = PathOf("plugins"),
            ["RABBITMQ_CONFIG_FILE"] = PathOf("rabbitmq.conf"),
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = PathOf("advanced.config"),
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["RABBITMQ_PID_FILE"] = PathOf("pid"),

            // A port of another tool's own; and two cores are enough for a broker of tests.
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Note(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }

    private int? BrokerPid() =>
        File.Exists(PathOf("pid")) && int.TryParse(File.ReadAllText(PathOf("pid")), out var pid) ? pid : null;

    private static string EpmdPath() => File.Exists("/usr/bin/epmd")
        ? "/usr/bin/epmd"
        : Directory.GetFiles("/usr/lib/erlang", "epmd", SearchOption.AllDirectories)[0];

    private async Task<bool> ServesAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            var stream = client.GetStream();
            await stream.WriteAsync("AMQP\0\0\x9\x1"u8.ToArray());
            using var expiry = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            return await stream.ReadAsync(new byte[1], expiry.Token) == 1;
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
