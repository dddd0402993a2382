using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Connections;

/// <summary>One connection, opened when it is needed and again after it broke.</summary>
internal sealed class RabbitConnection(RabbitEndpoint endpoint, ILogger logger) : IAsyncDisposable
{
    /// <summary>Whoever does not answer does not say goodbye either.</summary>
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private IConnection? _connection;
    private bool _isLost;

    public RabbitEndpoint Endpoint => endpoint;

    /// <summary>Whether it is being given up here.</summary>
    public bool IsClosing => _closing.IsCancellationRequested;

    /// <summary>The connection of this moment, whatever has become of it.</summary>
    public IConnection? Current => _connection;

    /// <summary>Gives up a connection on which the broker has not answered, unless there is another one already: the
    /// network may carry nothing any more and not say so.</summary>
    public async Task AbandonAsync(IConnection? silent)
    {
        if (silent is null || !ReferenceEquals(silent, _connection)) return;
        await silent.AbortAsync(Constants.InternalError, "no answer", Goodbye);
    }

    /// <summary>The open connection.</summary>
    /// <exception cref="QueueUnavailableException">There is none to be had.</exception>
    public async Task<IConnection> OpenAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        if (_connection is { IsOpen: true } open) return open;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            if (_connection is { IsOpen: true } other) return other;
            if (_connection is not null) await _connection.DisposeAsync();
            _connection = null;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            var connection = await ConnectAsync(either.Token);
            connection.ConnectionShutdownAsync += (_, reason) =>
            {
                if (_closing.IsCancellationRequested) return Task.CompletedTask;
                _isLost = true;
                RabbitLog.ConnectionLost(logger, endpoint, reason.ReplyText);
                return Task.CompletedTask;
            };
            if (_isLost) RabbitLog.ConnectionBack(logger, endpoint);
            _isLost = false;
            return _connection = connection;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested) return;
        await _closing.CancelAsync();
        await _gate.WaitAsync();
        try
        {
            if (_connection is not null) await _connection.DisposeAsync();
            _connection = null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<IConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await endpoint.CreateFactory().CreateConnectionAsync(endpoint.CreateEndpoints(), cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new QueueUnavailableException(RabbitErrors.Connecting(endpoint, exception), exception);
        }
    }
}
