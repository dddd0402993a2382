namespace JobRunner.RabbitMq.Queues;

/// <summary>Puts messages where they wait: for their turn in their band, or for their time.</summary>
internal sealed class MessagePutter(
    Publisher publisher, QueueNames names, DelaySteps delays, IdempotencyKeys keys, TimeProvider time)
{
    private const int Portion = 100;

    public async Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages) publisher.Check(message.Body);
        var ids = new List<string>(messages.Count);
        foreach (var portion in messages.Chunk(Portion))
        {
            await publisher.OpenAsync(cancellationToken);

            // They are sent in order, and their confirmations awaited together.
            var puts = portion.Select(message => PutOnceAsync(message, cancellationToken)).ToList();
            ids.AddRange(await Task.WhenAll(puts));
        }

        return ids;
    }

    /// <param name="message">The message.</param>
    /// <param name="dueAt">When it is to come at the earliest; null: at once.</param>
    /// <param name="cancellationToken">Ends the wait for the broker's word.</param>
    public async Task PutAsync(QueueMessage message, DateTimeOffset? dueAt, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var priority = Math.Clamp(message.Priority, 0, NewTask.MaxPriority);
        var properties = MessageProperties.Write(message, dueAt, now);
        var (exchange, key) = dueAt > now
            ? await delays.RouteAsync(dueAt.Value - now, priority, cancellationToken)
            : ("", names.Bands[priority]);
        await publisher.PublishAsync(exchange, key, properties, message.Body, cancellationToken);
    }

    private async Task<string> PutOnceAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        if (message.IdempotencyKey is not null)
            return await keys.PutOnceAsync(message, once => PutAsync(once, once.NotBefore, cancellationToken), cancellationToken);
        await PutAsync(message, message.NotBefore, cancellationToken);
        return message.Id;
    }
}
