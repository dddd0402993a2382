using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace JobRunner.Nats.Protocol;

/// <summary>The loop that keeps a connection.</summary>
internal sealed partial class NatsClient
{
    private async Task RunAsync()
    {
        string? told = null;
        while (!_stop.IsCancellationRequested)
        {
            var delay = TimeSpan.Zero;
            var address = _pool.Current;
            try
            {
                await using var link = await Handshake.OpenAsync(address, _options, _time, _stop.Token);
                told = null;
                await ServeAsync(link);
            }
            catch (Exception exception)
            {
                if (_stop.IsCancellationRequested) break;
                delay = _pool.Failed();
                _lastError = Describe(exception, address);

                // A server that stays away is told once, not with every attempt.
                var level = told == _lastError ? LogLevel.Debug : LogLevel.Warning;
                Unavailable(_logger, level, address, _lastError);
                told = _lastError;
            }

            await Task.Delay(delay, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (_state)
        {
            if (_link.Task.IsCompleted) _link = NewWait();
            _link.TrySetException(new ObjectDisposedException(nameof(NatsClient)));
            _ = _link.Task.Exception;
        }

        _replies.FailAll(new NatsDisconnectedException("The client was closed."));
    }

    private async Task ServeAsync(NatsLink link)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var running = link.RunAsync(this, ended.Token);
        try
        {
            // Subscriptions come first: whoever waits for the connection may ask at once, and needs the replies.
            var subscribed = new HashSet<long>();
            await SubscribeAsync(link, subscribed);
            await link.PingAsync(_stop.Token);
            _pool.Succeeded();
            _pool.Learn(link.Info.ConnectUrls, link.Address);
            _server = link.Info;
            lock (_state)
                _link.TrySetResult(link);
            Connected(_logger, link.Address, link.Info.Version);

            // Those added while this connection was being made.
            await SubscribeAsync(link, subscribed);
            await running;
        }
        finally
        {
            lock (_state)
            {
                if (_link.Task.IsCompleted) _link = NewWait();
            }

            await ended.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _replies.FailAll(new NatsDisconnectedException($"The connection to {link.Address} was lost before the answer came."));
        }
    }

    private async Task SubscribeAsync(NatsLink link, HashSet<long> subscribed)
    {
        foreach (var (id, sink) in _sinks)
        {
            if (subscribed.Add(id)) await link.SendAsync(new SubscribeCommand(sink.Subject, sink.QueueGroup, id), _stop.Token);
        }
    }

    private static string Describe(Exception exception, NatsAddress address) => exception switch
    {
        SocketException socket => $"{address} cannot be reached: {socket.Message}",
        AuthenticationException tls => $"TLS with {address} failed: {tls.Message}",
        IOException io => $"The connection to {address} is lost: {io.Message}",
        _ => exception.Message,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "NATS: connected to {Address}, version {Version}")]
    private static partial void Connected(ILogger logger, NatsAddress address, string version);

    [LoggerMessage(Message = "NATS: no connection to {Address}: {Error}")]
    private static partial void Unavailable(ILogger logger, LogLevel level, NatsAddress address, string error);
}
