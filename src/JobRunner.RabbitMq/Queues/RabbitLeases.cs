using System.Collections.Concurrent;

namespace JobRunner.RabbitMq.Queues;

/// <summary>What this process has taken. A lease is an unacknowledged delivery: it lasts as long as its channel, or until it is
/// handed over.</summary>
internal sealed class RabbitLeases(MessagePutter putter, TimeProvider time)
{
    private readonly ConcurrentDictionary<Delivery, QueueMessage> _taken = new();

    /// <summary>How many last.</summary>
    public int Count => _taken.Keys.Count(delivery => delivery.IsHeld || delivery.IsHandedOver);

    /// <summary>Makes leases of what was taken; what is not due yet waits on.</summary>
    public async Task<IReadOnlyList<QueueLease>> TakeAsync(IReadOnlyList<Delivery> deliveries)
    {
        var leases = new List<QueueLease>();
        foreach (var delivery in deliveries)
        {
            if (await LeaseAsync(delivery, deliveries) is { } taken) leases.Add(taken);
        }

        // Other clients publish to the plain queue, whatever their messages' priorities.
        return [.. leases.OrderByDescending(taken => taken.Message.Priority)];
    }

    public LeaseState StateOf(QueueLease lease, TimeSpan handOverAfter)
    {
        var delivery = (Delivery)lease.Receipt!;
        if (delivery.IsHandedOver) return LeaseState.Held;
        if (!delivery.IsHeld)
        {
            _taken.TryRemove(delivery, out _);
            return LeaseState.Lost;
        }

        return time.GetElapsedTime(delivery.TakenAt) >= handOverAfter ? LeaseState.Ending : LeaseState.Held;
    }

    public async Task<bool> EndAsync(QueueLease lease)
    {
        var delivery = (Delivery)lease.Receipt!;
        _taken.TryRemove(delivery, out _);
        return delivery.IsHandedOver || await delivery.AckAsync();
    }

    // A message is in its new place before it leaves the old one: between the two it may come twice, and is never lost.
    public async Task<bool> MoveAsync(QueueLease lease, Func<Task> put)
    {
        var delivery = (Delivery)lease.Receipt!;
        if (!delivery.IsHeld && !delivery.IsHandedOver) return false;
        await put();
        return await EndAsync(lease);
    }

    /// <summary>Gives a message back to its place.</summary>
    public async Task ReleaseAsync(QueueLease lease, Func<Task> put)
    {
        var delivery = (Delivery)lease.Receipt!;
        if (delivery.IsHandedOver || MessageProperties.IdOf(delivery.Properties) is null)
        {
            // The broker does not have it any more; or it has got its id here, and would get another one elsewhere.
            await MoveAsync(lease, put);
            return;
        }

        _taken.TryRemove(delivery, out _);
        await delivery.ReturnAsync();
    }

    // A sender who gave an id of its own to the answer waits for that one.
    public string CorrelationOf(string messageId)
    {
        var asked = _taken.Values.FirstOrDefault(message => message.Id == messageId)?.Properties.GetValueOrDefault("correlation_id");
        return asked ?? messageId;
    }

    /// <returns>Null where it is not due yet, and waits on.</returns>
    private async Task<QueueLease?> LeaseAsync(Delivery delivery, IReadOnlyList<Delivery> all)
    {
        var message = MessageProperties.Read(delivery.Properties, delivery.Body, Guid.NewGuid().ToString());
        if (MessageProperties.DueOf(delivery.Properties) is { } due && due - time.GetUtcNow() > DelaySteps.Unit)
        {
            try
            {
                // Ending it halfway would leave messages with nobody.
                await putter.PutAsync(message, due, CancellationToken.None);
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
}
