using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Connections;

/// <summary>A channel for one purpose, opened when it is needed and again after the broker closed it.</summary>
/// <param name="connection">The connection.</param>
/// <param name="options">What kind of channel.</param>
/// <param name="prepare">Called with every channel that is opened, before anybody uses it.</param>
internal sealed class RabbitChannel(
    RabbitConnection connection, CreateChannelOptions options, Func<IChannel, CancellationToken, Task>? prepare = null) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IChannel? _channel;

    public async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true } open) return open;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_channel is { IsOpen: true } other) return other;
            if (_channel is not null) await _channel.DisposeAsync();
            _channel = null;
            var link = await connection.OpenAsync(cancellationToken);
            var channel = await RabbitCalls.RunAsync(connection, () => link.CreateChannelAsync(options, cancellationToken));
            try
            {
                if (prepare is not null) await RabbitCalls.RunAsync(connection, () => prepare(channel, cancellationToken));
            }
            catch
            {
                await channel.DisposeAsync();
                throw;
            }

            return _channel = channel;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends the channel that is open; the next use opens another.</summary>
    public async Task CloseAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_channel is not null) await _channel.DisposeAsync();
            _channel = null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();
}
