using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Queues;

/// <summary>The streams, consumers and buckets of a queue once they exist.</summary>
/// <param name="Bands">The consumer of each priority; null where the stream, made by somebody else, lacks its
/// subject.</param>
/// <param name="Later">The consumer of what waits for its time.</param>
/// <param name="Notes">Notes on messages, and whether the queue is paused.</param>
/// <param name="Keys">Idempotency keys.</param>
internal sealed record QueueTopology(
    IReadOnlyList<PullConsumer?> Bands, PullConsumer Later, KeyValueBucket Notes, KeyValueBucket Keys)
{
    /// <summary>How long a message that is being moved stays with its mover.</summary>
    private static readonly TimeSpan MoveTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Longer than any move takes, so that one begun twice moves once.</summary>
    private static readonly TimeSpan DuplicateWindow = TimeSpan.FromMinutes(10);

    private const long AnyNumber = -1;

    /// <summary>Creates what is missing; what exists is used as it is.</summary>
    public static async Task<QueueTopology> EnsureAsync(
        JetStreamClient jetStream, QueueNames names, TimeSpan lease, CancellationToken cancellationToken)
    {
        var stream = await jetStream.EnsureStreamAsync(WorkQueue(names.Stream, names.BandSubjects), cancellationToken);
        await jetStream.EnsureStreamAsync(WorkQueue(names.LaterStream, [names.LaterPattern]), cancellationToken);
        await jetStream.EnsureStreamAsync(
            new StreamConfig { Name = names.DeadStream, Subjects = [names.DeadSubject], DuplicateWindow = DuplicateWindow }, cancellationToken);
        var notes = await KeyValueBucket.OpenAsync(jetStream, names.Notes, cancellationToken);
        var keys = await KeyValueBucket.OpenAsync(jetStream, names.Keys, cancellationToken, ITaskStore.IdempotencyWindow);

        var subjects = stream.Config?.Subjects ?? [];
        var bands = new PullConsumer?[QueueNames.Bands];
        for (var priority = 0; priority < bands.Length; priority++)
        {
            if (priority > 0 && !subjects.Contains(names.BandSubject(priority), StringComparer.Ordinal)) continue;
            bands[priority] = await EnsureConsumerAsync(
                jetStream, names.Stream, names.BandDurable(priority), names.BandSubject(priority), lease, GiveBackAsync, cancellationToken);
        }

        var later = await EnsureConsumerAsync(
            jetStream, names.LaterStream, names.Durable, names.LaterPattern, MoveTimeout, null, cancellationToken);
        return new QueueTopology(bands, later, notes, keys);

        Task GiveBackAsync(DeliveredMessage delivered) => new MessageNotes(notes).GiveBackAsync(delivered, jetStream.Time.GetUtcNow());
    }

    /// <summary>Lends messages for another time than before.</summary>
    public async Task ChangeLeaseAsync(
        JetStreamClient jetStream, QueueNames names, TimeSpan lease, CancellationToken cancellationToken)
    {
        for (var priority = 0; priority < Bands.Count; priority++)
        {
            if (Bands[priority] is null) continue;
            var durable = names.BandDurable(priority);
            var existing = await jetStream.FindConsumerAsync(names.Stream, durable, cancellationToken);
            if (existing?.Config is { } config && config.AckWait != lease)
                await jetStream.CreateConsumerAsync(names.Stream, config with { AckWait = lease }, cancellationToken);
        }
    }

    private static StreamConfig WorkQueue(string name, string[] subjects) => new()
    {
        Name = name,
        Subjects = subjects,
        Retention = StreamRetention.WorkQueue,
        DuplicateWindow = DuplicateWindow,
    };

    private static async Task<PullConsumer> EnsureConsumerAsync(
        JetStreamClient jetStream, string stream, string durable, string subject, TimeSpan lease,
        Func<DeliveredMessage, Task>? giveBack, CancellationToken cancellationToken)
    {
        await jetStream.EnsureConsumerAsync(
            stream,
            new ConsumerConfig { DurableName = durable, FilterSubject = subject, AckWait = lease, MaxAckPending = AnyNumber, MaxDeliver = AnyNumber },
            cancellationToken);
        return new PullConsumer(jetStream, stream, durable, giveBack);
    }
}
