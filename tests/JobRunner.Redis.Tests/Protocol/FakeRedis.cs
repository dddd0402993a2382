using System.Net;
using System.Net.Sockets;
using System.Text;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

/// <summary>A server that answers the login of each connection properly and its first command with the bytes of the
/// test, then hangs up; from the second connection on it answers every command with OK.</summary>
internal sealed class FakeRedis : IAsyncDisposable
{
    private const int LoginCommands = 3;

    private static readonly byte[] Hello = "%1\r\n+id\r\n:1\r\n"u8.ToArray();
    private static readonly byte[] Fine = "+OK\r\n"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[] _answer;
    private readonly Task _serving;
    private int _connections;

    public FakeRedis(byte[] answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public RedisEndpoint Endpoint => new()
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
    };

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            await AnswerAsync(client, isFirst: ++_connections == 1);
        }
    }

    private async Task AnswerAsync(TcpClient client, bool isFirst)
    {
        var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        for (var command = 1; await ReadCommandAsync(reader); command++)
        {
            var isSpoiled = isFirst && command > LoginCommands;
            await stream.WriteAsync(isSpoiled ? _answer : command == 1 ? Hello : Fine, _stopping.Token);
            if (isSpoiled) return;
        }
    }

    private async Task<bool> ReadCommandAsync(StreamReader reader)
    {
        if (await reader.ReadLineAsync(_stopping.Token) is not { } header) return false;
        for (var line = 0; line < 2 * int.Parse(header[1..]); line++) await reader.ReadLineAsync(_stopping.Token);
        return true;
    }
}
