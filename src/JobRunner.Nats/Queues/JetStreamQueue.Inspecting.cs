using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Queues;

/// <summary>Looking at a queue and stopping it.</summary>
internal sealed partial class JetStreamQueue
{
    private const int PurgeBatch = 500;

    public Task<QueueStatus> InspectAsync(CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var topology = await ReadyAsync(cancellationToken);
        var now = _time.GetUtcNow();
        long waiting = 0, lent = 0;
        DateTimeOffset? oldest = null;
        for (var priority = 0; priority < topology.Bands.Count; priority++)
        {
            if (topology.Bands[priority] is null) continue;
            var band = await BandAsync(priority, cancellationToken);
            waiting += band.NumPending;
            lent += band.NumAckPending;
            if (band.NumPending > 0 && await NextAsync(priority, band.Delivered.StreamSeq, cancellationToken) is { } first)
                oldest = Earlier(oldest, first.Time);
        }

        // Waiting for another attempt: lent in the server's eyes, and ours to tell.
        var notes = await new MessageNotes(topology.Notes).ListAsync(cancellationToken);
        var later = await _jetStream.CountBySubjectAsync(_names.LaterStream, _names.LaterPattern, cancellationToken);
        var dues = notes.Where(entry => entry.Note.DueAt is not null).Select(entry => (Due: entry.Note.DueAt!.Value, Count: 1L)).ToList();
        lent -= dues.Count;
        dues.AddRange(later.Select(entry => (QueueNames.DueOf(entry.Key), entry.Value)));
        foreach (var (due, _) in dues.Where(entry => entry.Due <= now))
            oldest = Earlier(oldest, due);

        var dead = await _jetStream.FindStreamAsync(_names.DeadStream, cancellationToken);
        return new QueueStatus(Name)
        {
            Depth = waiting + dues.Where(entry => entry.Due <= now).Sum(entry => entry.Count),
            Scheduled = dues.Where(entry => entry.Due > now).Sum(entry => entry.Count),
            Running = Math.Max(0, lent),
            DeadLetters = dead?.State.Messages ?? 0,
            OldestAt = oldest,
            NextDueAt = dues.Where(entry => entry.Due > now).Select(entry => (DateTimeOffset?)entry.Due).Min(),
            IsPaused = await IsPausedAsync(topology, cancellationToken),
        };
    });

    public Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<QueueMessage>>(async () =>
        {
            var topology = await ReadyAsync(cancellationToken);
            var messages = new List<QueueMessage>();
            for (var priority = NewTask.MaxPriority; priority >= 0; priority--)
            {
                if (topology.Bands[priority] is null) continue;
                var at = (await BandAsync(priority, cancellationToken)).Delivered.StreamSeq;
                while (messages.Count < max && await NextAsync(priority, at, cancellationToken) is { } stored)
                {
                    messages.Add(Read(stored));
                    at = stored.Sequence;
                }
            }

            for (ulong at = 0; messages.Count < max && await NextAsync(_names.LaterStream, _names.LaterPattern, at, cancellationToken) is { } stored; at = stored.Sequence)
                messages.Add(Read(stored));
            return messages;
        });

    public Task<long> PurgeAsync(CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var topology = await ReadyAsync(cancellationToken);
        var dropped = await _jetStream.PurgeStreamAsync(_names.LaterStream, cancellationToken: cancellationToken);
        foreach (var band in topology.Bands)
        {
            if (band is not null) dropped += await DropAsync(band, cancellationToken);
        }

        var notes = new MessageNotes(topology.Notes);
        foreach (var (sequence, note) in await notes.ListAsync(cancellationToken))
        {
            if (note.DueAt is null) continue;
            if (await _jetStream.DeleteMessageAsync(_names.Stream, sequence, cancellationToken)) dropped++;
            await notes.RemoveAsync(sequence, cancellationToken);
        }

        return dropped;
    });

    public Task PauseAsync(CancellationToken cancellationToken) => GuardAsync(async () =>
        await (await ReadyAsync(cancellationToken)).Notes.PutAsync(PausedKey, "1"u8.ToArray(), cancellationToken));

    public Task ResumeAsync(CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var topology = await ReadyAsync(cancellationToken);
        await topology.Notes.PurgeAsync(PausedKey, cancellationToken: cancellationToken);
        await WakeOthersAsync(cancellationToken);
    });

    private static DateTimeOffset Earlier(DateTimeOffset? one, DateTimeOffset other) => one is { } time && time < other ? time : other;

    private static async Task<long> DropAsync(PullConsumer band, CancellationToken cancellationToken)
    {
        long dropped = 0;
        for (var last = -1L; last != dropped;)
        {
            last = dropped;
            await foreach (var delivered in band.PullAsync(new PullRequest { Batch = PurgeBatch, NoWait = true }, cancellationToken))
            {
                await delivered.AckAsync(cancellationToken);
                dropped++;
            }
        }

        return dropped;
    }

    private async Task<ConsumerInfo> BandAsync(int priority, CancellationToken cancellationToken) =>
        await _jetStream.FindConsumerAsync(_names.Stream, _names.BandDurable(priority), cancellationToken)
        ?? throw new JetStreamException(404, 0, $"the consumer {_names.BandDurable(priority)} does not exist");

    private Task<StoredMessage?> NextAsync(int priority, ulong after, CancellationToken cancellationToken) =>
        NextAsync(_names.Stream, _names.BandSubject(priority), after, cancellationToken);

    private Task<StoredMessage?> NextAsync(string stream, string subject, ulong after, CancellationToken cancellationToken) =>
        _jetStream.GetMessageAsync(stream, new GetMessageRequest { Seq = after + 1, NextBySubj = subject }, cancellationToken);

    private QueueMessage Read(StoredMessage stored) =>
        MessageHeaders.Read(stored.Headers, stored.Payload, $"{_names.Stream}-{stored.Sequence}", stored.Time);
}
