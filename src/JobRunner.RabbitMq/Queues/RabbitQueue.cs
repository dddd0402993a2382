using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>A queue at RabbitMQ, composed of its parts.</summary>
internal sealed class RabbitQueue : IJobQueue
{
    private readonly RabbitQueueOptions _options;
    private readonly QueueNames _names;
    private readonly TimeProvider _time;
    private readonly RabbitConnection _connection;
    private readonly RabbitChannel _commands;
    private readonly Publisher _publisher;
    private readonly QueueTopology _topology;
    private readonly DelaySteps _delays;
    private readonly PauseSign _pause;
    private readonly Receiver _receiver;
    private readonly QueueView _view;
    private readonly RabbitDeadLetters _deadLetters;
    private readonly IdempotencyKeys _keys;
    private readonly MessagePutter _putter;
    private readonly RabbitLeases _leases;

    public RabbitQueue(RabbitQueueOptions options, RabbitEndpoint endpoint, ILogger logger, TimeProvider time)
    {
        _options = options;
        _names = options.Names;
        _time = time;
        _connection = new RabbitConnection(endpoint, logger);
        _commands = new RabbitChannel(
            _connection, new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false));
        _publisher = new Publisher(_connection, options.MaxMessageSize);
        _topology = new QueueTopology(_connection, options, logger);
        _delays = new DelaySteps(_connection, _names, logger, time);
        _pause = new PauseSign(_connection, _names, _publisher);
        _receiver = new Receiver(_connection, _names, _pause, Forget, time);
        _view = new QueueView(_connection, _names, _commands, _delays, _pause);
        _deadLetters = new RabbitDeadLetters(_connection, _names, _publisher, _commands, time);
        _keys = new IdempotencyKeys(_connection, _names, _publisher, logger, time);
        _putter = new MessagePutter(_publisher, _names, _delays, _keys, time);
        _leases = new RabbitLeases(_putter, time);
    }

    public string Name => _names.Queue;

    public long? MaxMessageSize => _publisher.MaxMessageSize;

    public bool IsDurable => true;

    public ITaskStore? Store => null;

    public Task ConnectAsync(CancellationToken cancellationToken) => RunAsync(() => Task.CompletedTask, cancellationToken);

    public Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken) =>
        RunAsync(
            async () => await _leases.TakeAsync(await _receiver.ReceiveAsync(max, cancellationToken)), cancellationToken);

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        var due = HandOver.DueAfter(_options.ConsumerTimeout, lease);
        return Task.FromResult<IReadOnlyList<LeaseState>>([.. leases.Select(held => _leases.StateOf(held, due))]);
    }

    public Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        _leases.EndAsync(lease);

    public Task<bool> HandOverAsync(QueueLease lease, CancellationToken cancellationToken) =>
        ((Delivery)lease.Receipt!).HandOverAsync();

    public Task<bool> RetryAsync(QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var again = lease.Message with { Attempt = lease.Message.Attempt + 1, FirstFailedAt = lease.Message.FirstFailedAt ?? now };
        DateTimeOffset? due = delay > TimeSpan.Zero ? now + delay : null;
        return _leases.MoveAsync(lease, () => OwnAsync(() => _putter.PutAsync(again, due, cancellationToken), cancellationToken));
    }

    public Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken) =>
        _leases.ReleaseAsync(lease, () => OwnAsync(() => _putter.PutAsync(lease.Message, null, cancellationToken), cancellationToken));

    public Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var letter = new DeadLetter(lease.Message, failure.Error, failure.ErrorType, lease.Message.Attempt)
        {
            FirstFailedAt = lease.Message.FirstFailedAt ?? now,
            LastFailedAt = now,
        };
        return _leases.MoveAsync(lease, () => OwnAsync(() => _deadLetters.AddAsync(letter, cancellationToken), cancellationToken));
    }

    public Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken) =>
        OwnAsync(() => _putter.PutAsync(messages, cancellationToken), cancellationToken);

    public Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            _publisher.Check(body);
            var isExchange = destination == _options.Results && _topology.IsResultsAnExchange;
            var properties = new BasicProperties
            {
                Persistent = true,
                ContentType = "application/json",
                MessageId = Guid.NewGuid().ToString(),
                CorrelationId = _leases.CorrelationOf(correlationId),
                Timestamp = new AmqpTimestamp(_time.GetUtcNow().ToUnixTimeSeconds()),
            };
            await _publisher.PublishAsync(isExchange ? destination : "", destination, properties, body, cancellationToken);
        },
        cancellationToken);

    public Task<QueueStatus> InspectAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _view.InspectAsync(_leases.Count, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken) =>
        RunAsync(() => _view.PeekAsync(max, cancellationToken), cancellationToken);

    public Task<long> PurgeAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _view.PurgeAsync(cancellationToken), cancellationToken);

    public Task PauseAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _pause.SetAsync(cancellationToken), cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _pause.ClearAsync(_commands, cancellationToken), cancellationToken);

    public Task<DeadLetterPage> ListDeadLettersAsync(int limit, string? after, CancellationToken cancellationToken) =>
        RunAsync(() => _deadLetters.ListAsync(limit, after, cancellationToken), cancellationToken);

    public Task<long> RetryDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        RunAsync(() => _deadLetters.RetryAsync(ids, cancellationToken), cancellationToken);

    public Task<long> PurgeDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        RunAsync(() => _deadLetters.PurgeAsync(ids, cancellationToken), cancellationToken);

    // The broker takes back what is not acknowledged when the connection ends.
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _receiver.DisposeAsync();
        await _view.DisposeAsync();
        await _deadLetters.DisposeAsync();
        await _keys.DisposeAsync();
        await _publisher.DisposeAsync();
        await _commands.DisposeAsync();
        _delays.Dispose();
        _topology.Dispose();
    }

    // A queue of its own that takes nothing has been deleted; it is made anew before the next try.
    private Task<T> OwnAsync<T>(Func<Task<T>> put, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            try
            {
                return await put();
            }
            catch (UnroutableMessageException exception)
            {
                Forget();
                throw new QueueUnavailableException($"The queue {_names.Queue} is gone, or a part of it: {exception.Message}", exception);
            }
        },
        cancellationToken);

    private Task OwnAsync(Func<Task> put, CancellationToken cancellationToken) => OwnAsync(() => DoneAsync(put), cancellationToken);

    private Task RunAsync(Func<Task> call, CancellationToken cancellationToken) => RunAsync(() => DoneAsync(call), cancellationToken);

    private static async Task<bool> DoneAsync(Func<Task> call)
    {
        await call();
        return true;
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var used = _connection.Current;
        try
        {
            await _topology.CreateAsync(cancellationToken);
            used = _connection.Current;
            return await call();
        }
        catch (QueueUnavailableException exception)
            when (exception.InnerException is { } cause && RabbitErrors.ReasonOf(cause) is Constants.NotFound)
        {
            Forget();
            throw;
        }
        catch (QueueUnavailableException exception) when (exception.InnerException is TimeoutException)
        {
            await _connection.AbandonAsync(used);
            throw;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && !_connection.IsClosing)
        {
            // So the client says that an answer did not come in time.
            await _connection.AbandonAsync(used);
            throw new QueueUnavailableException($"{_connection.Endpoint} did not answer in time.", exception);
        }
    }

    private void Forget()
    {
        _topology.Forget();
        _delays.Forget();
        _keys.Forget();
    }
}
