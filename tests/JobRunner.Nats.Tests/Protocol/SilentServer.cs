using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JobRunner.Nats.Tests.Protocol;

/// <summary>Says its greeting, answers the first bytes once and never says anything again.</summary>
internal sealed class SilentServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _greeting;
    private readonly string _answer;
    private Task _accepting = Task.CompletedTask;
    private int _connections;

    private SilentServer(string greeting, string answer) => (_greeting, _answer) = (greeting, answer);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    public static SilentServer Start(string greeting, string answer)
    {
        var server = new SilentServer(greeting, answer);
        server._listener.Start();
        server._accepting = server.AcceptAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_stop.Token);
            Interlocked.Increment(ref _connections);
            _ = TalkAsync(socket);
        }
    }

    private async Task TalkAsync(Socket socket)
    {
        try
        {
            using (socket)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(_greeting));
                var buffer = new byte[4096];
                var read = await socket.ReceiveAsync(buffer, _stop.Token);
                if (read > 0) await socket.SendAsync(Encoding.ASCII.GetBytes(_answer));
                while (await socket.ReceiveAsync(buffer, _stop.Token) > 0)
                {
                    // Listens, and is silent.
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The client went away, or the test is over.
        }
    }
}
