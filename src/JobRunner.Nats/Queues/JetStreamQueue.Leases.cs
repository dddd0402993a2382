using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Queues;

/// <summary>What becomes of messages that were taken.</summary>
internal sealed partial class JetStreamQueue
{
    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<LeaseState>>(async () =>
        {
            var states = new LeaseState[leases.Count];
            var at = _time.GetTimestamp();
            for (var index = 0; index < states.Length; index++)
            {
                var lent = Lent(leases[index]);
                states[index] = lent.IsHeld ? LeaseState.Held : LeaseState.Lost;
                if (lent.IsHeld) await lent.Delivered.InProgressAsync(cancellationToken);
            }

            // Held only counts once the server has read it.
            await _client.FlushAsync(cancellationToken);
            for (var index = 0; index < states.Length; index++)
            {
                if (states[index] == LeaseState.Held) Lent(leases[index]).Renewed(at, lease < _lease ? lease : _lease);
            }

            return states;
        });

    public Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var lent = Lent(lease);
            if (!lent.IsHeld) return false;
            await EndAsync(lent, cancellationToken);
            return true;
        });

    public Task<bool> RetryAsync(QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var lent = Lent(lease);
            if (!lent.IsHeld) return false;
            var now = _time.GetUtcNow();
            var note = lent.Note ?? new MessageNote();

            // The note comes first: a worker that dies before it gives the message back has made an attempt all the same.
            await GiveBackAsync(
                lent,
                note with { Failures = note.Failures + 1, FirstFailedAt = note.FirstFailedAt ?? now, DueAt = now + delay },
                delay,
                cancellationToken);
            return true;
        });

    public Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var lent = Lent(lease);
        if (!lent.IsHeld) return;
        await GiveBackAsync(lent, (lent.Note ?? new MessageNote()) with { DueAt = _time.GetUtcNow() }, TimeSpan.Zero, cancellationToken);
        await WakeOthersAsync(cancellationToken);
    });

    public Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var lent = Lent(lease);
            if (!lent.IsHeld) return false;
            var now = _time.GetUtcNow();
            var letter = new DeadLetter(lease.Message, failure.Error, failure.ErrorType, lease.Message.Attempt)
            {
                FirstFailedAt = lent.Note?.FirstFailedAt ?? now,
                LastFailedAt = now,
            };
            await BuryAsync(lease, letter, cancellationToken);
            return true;
        });

    private static LentMessage Lent(QueueLease lease) => lease.Receipt as LentMessage
        ?? throw new ArgumentException("The lease is of another queue.", nameof(lease));

    private async Task GiveBackAsync(LentMessage lent, MessageNote note, TimeSpan delay, CancellationToken cancellationToken)
    {
        var topology = await ReadyAsync(cancellationToken);
        var counted = note with { Deliveries = lent.Delivered.Deliveries };
        await new MessageNotes(topology.Notes).WriteAsync(lent.Delivered.Sequence, counted, cancellationToken);
        await lent.Delivered.NakAsync(delay, cancellationToken);
        lent.End();
        await _client.FlushAsync(cancellationToken);
    }

    /// <summary>Between the two steps the message is in both places; the letter's id keeps it single there.</summary>
    private async Task BuryAsync(QueueLease lease, DeadLetter letter, CancellationToken cancellationToken)
    {
        var lent = Lent(lease);
        var headers = LetterSize.Fit(letter, _client.Server?.MaxPayload ?? long.MaxValue);
        var once = new PublishConditions { MessageId = $"dead:{lent.Delivered.Stream}:{lent.Delivered.Sequence}" };
        await _jetStream.PublishAsync(
            _names.DeadSubject, letter.Message.Body, headers, headers is null ? null : once, cancellationToken);
        await EndAsync(lent, cancellationToken);
    }

    private async Task EndAsync(LentMessage lent, CancellationToken cancellationToken)
    {
        await lent.Delivered.AckAsync(cancellationToken);
        lent.End();
        if (lent.Note is null) return;
        var topology = await ReadyAsync(cancellationToken);
        await new MessageNotes(topology.Notes).RemoveAsync(lent.Delivered.Sequence, cancellationToken);
    }
}
