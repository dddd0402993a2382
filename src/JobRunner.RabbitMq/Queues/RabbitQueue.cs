using System.Collections.Concurrent;
using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>A queue at RabbitMQ. A lease is an unacknowledged delivery: it lasts as long as its channel.</summary>
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
    private readonly ConcurrentDictionary<Delivery, QueueMessage> _taken = new();

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
    }

    public string Name => _names.Queue;

    public long? MaxMessageSize => _options.MaxMessageSize;

    public bool IsDurable => true;

    public ITaskStore? Store => null;

    public Task ConnectAsync(CancellationToken cancellationToken) => RunAsync(() => Task.FromResult(true), cancellationToken);

    public Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<QueueLease>>(
            async () =>
            {
                var deliveries = await _receiver.ReceiveAsync(max, cancellationToken);
                var leases = new List<QueueLease>();
                foreach (var delivery in deliveries)
                {
                    if (await LeaseAsync(delivery, deliveries) is { } taken) leases.Add(taken);
                }

                // Other clients publish to the plain queue, whatever their messages' priorities.
                return [.. leases.OrderByDescending(taken => taken.Message.Priority)];
            },
            cancellationToken);

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        var due = HandOver.DueAfter(_options.ConsumerTimeout, lease);
        return Task.FromResult<IReadOnlyList<LeaseState>>([.. leases.Select(held => StateOf((Delivery)held.Receipt!, due))]);
    }

    public Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken) => EndAsync(lease);

    public Task<bool> HandOverAsync(QueueLease lease, CancellationToken cancellationToken) =>
        ((Delivery)lease.Receipt!).HandOverAsync();

    public Task<bool> RetryAsync(QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var again = lease.Message with { Attempt = lease.Message.Attempt + 1, FirstFailedAt = lease.Message.FirstFailedAt ?? now };
        return MoveAsync(lease, () => _putter.PutAsync(again, delay > TimeSpan.Zero ? now + delay : null, cancellationToken), cancellationToken);
    }

    public async Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken)
    {
        var delivery = (Delivery)lease.Receipt!;
        if (delivery.IsHandedOver || MessageProperties.IdOf(delivery.Properties) is null)
        {
            // The broker does not have it any more; or it has got its id here, and would get another one elsewhere.
            await MoveAsync(lease, () => _putter.PutAsync(lease.Message, null, cancellationToken), cancellationToken);
            return;
        }

        _taken.TryRemove(delivery, out _);
        await delivery.ReturnAsync();
    }

    public Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var letter = new DeadLetter(lease.Message, failure.Error, failure.ErrorType, lease.Message.Attempt)
        {
            FirstFailedAt = lease.Message.FirstFailedAt ?? now,
            LastFailedAt = now,
        };
        return MoveAsync(lease, () => _deadLetters.AddAsync(letter, cancellationToken), cancellationToken);
    }

    public Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken) =>
        RunAsync(() => OwnAsync(() => _putter.PutAsync(messages, cancellationToken)), cancellationToken);

    public Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            var isExchange = destination == _options.Results && _topology.IsResultsAnExchange;
            var properties = new BasicProperties
            {
                Persistent = true,
                ContentType = "application/json",
                MessageId = Guid.NewGuid().ToString(),
                CorrelationId = CorrelationOf(correlationId),
                Timestamp = new AmqpTimestamp(_time.GetUtcNow().ToUnixTimeSeconds()),
            };
            await _publisher.PublishAsync(isExchange ? destination : "", destination, properties, body, cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<QueueStatus> InspectAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _view.InspectAsync(_taken.Keys.Count(delivery => delivery.IsHeld || delivery.IsHandedOver), cancellationToken), cancellationToken);

    public Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken) =>
        RunAsync(() => _view.PeekAsync(max, cancellationToken), cancellationToken);

    public Task<long> PurgeAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _view.PurgeAsync(cancellationToken), cancellationToken);

    public Task PauseAsync(CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            await _pause.SetAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            await _pause.ClearAsync(_commands, cancellationToken);
            return true;
        },
        cancellationToken);

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

    /// <returns>Null where it is not due yet, and waits on.</returns>
    private async Task<QueueLease?> LeaseAsync(Delivery delivery, IReadOnlyList<Delivery> all)
    {
        var message = MessageProperties.Read(delivery.Properties, delivery.Body, Guid.NewGuid().ToString());
        if (MessageProperties.DueOf(delivery.Properties) is { } due && due - _time.GetUtcNow() > DelaySteps.Unit)
        {
            try
            {
                // Ending it halfway would leave messages with nobody.
                await _putter.PutAsync(message, due, CancellationToken.None);
            }
            catch
            {
                foreach (var taken in all) await taken.ReturnAsync();
                throw;
            }

            await delivery.AckAsync();
            return null;
        }

        _taken[delivery] = message;
        return new QueueLease(message) { Receipt = delivery };
    }

    private LeaseState StateOf(Delivery delivery, TimeSpan handOverAfter)
    {
        if (delivery.IsHandedOver) return LeaseState.Held;
        if (!delivery.IsHeld)
        {
            _taken.TryRemove(delivery, out _);
            return LeaseState.Lost;
        }

        return _time.GetElapsedTime(delivery.TakenAt) >= handOverAfter ? LeaseState.Ending : LeaseState.Held;
    }

    private async Task<bool> EndAsync(QueueLease lease)
    {
        var delivery = (Delivery)lease.Receipt!;
        _taken.TryRemove(delivery, out _);
        return delivery.IsHandedOver || await delivery.AckAsync();
    }

    // A message is in its new place before it leaves the old one: between the two it may come twice, and is never lost.
    private async Task<bool> MoveAsync(QueueLease lease, Func<Task> put, CancellationToken cancellationToken)
    {
        var delivery = (Delivery)lease.Receipt!;
        if (!delivery.IsHeld && !delivery.IsHandedOver) return false;
        await RunAsync(
            () => OwnAsync(async () =>
            {
                await put();
                return true;
            }),
            cancellationToken);
        return await EndAsync(lease);
    }

    // A queue of its own that takes nothing has been deleted; it is made anew before the next try.
    private async Task<T> OwnAsync<T>(Func<Task<T>> put)
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
    }

    // A sender who gave an id of its own to the answer waits for that one.
    private string CorrelationOf(string messageId)
    {
        var asked = _taken.Values.FirstOrDefault(message => message.Id == messageId)?.Properties.GetValueOrDefault("correlation_id");
        return asked ?? messageId;
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        await _topology.CreateAsync(cancellationToken);
        try
        {
            return await call();
        }
        catch (QueueUnavailableException exception)
            when (exception.InnerException is { } cause && RabbitErrors.ReasonOf(cause) is Constants.NotFound)
        {
            Forget();
            throw;
        }
    }

    private void Forget()
    {
        _topology.Forget();
        _delays.Forget();
    }
}
