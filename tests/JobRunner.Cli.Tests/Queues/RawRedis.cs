using System.Net.Sockets;
using System.Text;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>XADD, byte by byte.</summary>
internal sealed class RawRedis : IRawClient
{
    private readonly TcpClient _client = new();

    public static async Task<RawRedis> ConnectAsync(Broker broker)
    {
        var raw = new RawRedis();
        await raw._client.ConnectAsync("127.0.0.1", broker.Port);
        return raw;
    }

    public async Task PutAsync(byte[] body, IReadOnlyDictionary<string, string> metadata)
    {
        List<byte[]> words =
        [
            "XADD"u8.ToArray(), "jobs"u8.ToArray(), "*"u8.ToArray(), "payload"u8.ToArray(), body,
            .. metadata.SelectMany(pair => (string[])[pair.Key, pair.Value]).Select(Encoding.UTF8.GetBytes),
        ];
        var stream = _client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"*{words.Count}\r\n"));
        foreach (var word in words)
            await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes($"${word.Length}\r\n"), .. word, (byte)'\r', (byte)'\n']);
        var buffer = new byte[256];
        var count = await stream.ReadAsync(buffer);
        Encoding.UTF8.GetString(buffer, 0, count).ShouldStartWith("$");
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
