using System.Net;
using System.Net.Sockets;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>What lies between workers and a broker: a port of its own that leads to the broker's, until it is cut.</summary>
internal sealed class Network : IAsyncDisposable
{
    private readonly int _target;
    private readonly Lock _lock = new();
    private readonly List<Connection> _connections = [];
    private TcpListener? _listener;
    private bool _swallows;

    private Network(int target) => _target = target;

    public int Port { get; private set; }

    public static Network To(int port)
    {
        var network = new Network(port);
        network.Listen();
        return network;
    }

    /// <summary>Connections are reset, new ones refused.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            foreach (var connection in _connections)
                connection.Dispose();
            _connections.Clear();
        }
    }

    /// <summary>Connections stay and carry nothing any more, and never will again, as behind a router that has lost its
    /// memory; new ones are accepted and carry nothing.</summary>
    public void Swallow()
    {
        lock (_lock)
        {
            _swallows = true;
            foreach (var connection in _connections)
                connection.Swallow();
        }
    }

    /// <summary>New connections lead to the broker again.</summary>
    public void Restore()
    {
        lock (_lock)
        {
            _swallows = false;
            if (_listener is null)
                Listen();
        }
    }

    public ValueTask DisposeAsync()
    {
        Cut();
        return ValueTask.CompletedTask;
    }

    private void Listen()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(_listener);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            lock (_lock)
            {
                var connection = new Connection(client);
                _connections.RemoveAll(earlier => earlier.IsOver);
                _connections.Add(connection);
                if (_swallows)
                    connection.Swallow();
                else if (_listener != listener)
                    connection.Dispose();
                _ = connection.CarryAsync(_target);
            }
        }
    }

    private sealed class Connection(Socket client) : IDisposable
    {
        private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Lock _lock = new();
        private volatile bool _swallows;

        public bool IsOver { get; private set; }

        public void Swallow() => _swallows = true;

        /// <summary>Resets both sides.</summary>
        public void Dispose()
        {
            lock (_lock)
            {
                if (IsOver)
                    return;
                IsOver = true;
                foreach (var socket in (Socket[])[client, _server])
                {
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                    socket.Dispose();
                }
            }
        }

        public async Task CarryAsync(int target)
        {
            try
            {
                client.NoDelay = _server.NoDelay = true;
                if (!_swallows)
                    await _server.ConnectAsync(IPAddress.Loopback, target);
                await Task.WhenAny(CarryAsync(client, _server), CarryAsync(_server, client));
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The broker is not there: whoever came is sent away below.
            }

            // Of what is swallowed, neither side learns of the other's end.
            if (!_swallows)
                Dispose();
        }

        private async Task CarryAsync(Socket from, Socket to)
        {
            var buffer = new byte[64 * 1024];
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (!_swallows)
                    await to.SendAsync(buffer.AsMemory(0, count));
            }
        }
    }
}
