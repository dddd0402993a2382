using System.Net.Sockets;
using System.Text;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>HPUB, byte by byte.</summary>
internal sealed class RawNats : IRawClient
{
    private readonly TcpClient _client = new();
    private StreamReader _reader = null!;

    public static async Task<RawNats> ConnectAsync(Broker broker)
    {
        var raw = new RawNats();
        await raw._client.ConnectAsync("127.0.0.1", broker.Port);
        raw._reader = new StreamReader(raw._client.GetStream());
        (await raw._reader.ReadLineAsync())!.ShouldStartWith("INFO ");
        await raw.WriteAsync(Encoding.ASCII.GetBytes("CONNECT {\"verbose\":false,\"headers\":true,\"protocol\":1}\r\n"));
        return raw;
    }

    public async Task PutAsync(byte[] body, IReadOnlyDictionary<string, string> metadata)
    {
        var head = Encoding.UTF8.GetBytes(
            $"NATS/1.0\r\n{string.Concat(metadata.Select(pair => $"{pair.Key}: {pair.Value}\r\n"))}\r\n");
        await WriteAsync(
        [
            .. Encoding.ASCII.GetBytes($"HPUB jobs {head.Length} {head.Length + body.Length}\r\n"), .. head, .. body,
            .. "\r\nPING\r\n"u8,
        ]);
        (await _reader.ReadLineAsync()).ShouldBe("PONG");
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WriteAsync(byte[] bytes) => await _client.GetStream().WriteAsync(bytes);
}
