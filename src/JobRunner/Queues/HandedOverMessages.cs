using System.Runtime.CompilerServices;
using JobRunner.Queues.Embedded;

namespace JobRunner.Queues;

/// <summary>
/// Messages whose calls last longer than their broker can wait. When a lease is <see cref="LeaseState.Ending"/>, the store
/// takes over the record and a lease of its own, then the broker forgets the message. Should the worker die, the sweeper
/// queues the record again, and the next worker gives it back to the broker as a message.
/// </summary>
/// <param name="queue">A queue whose messages a broker holds.</param>
/// <param name="records">The store of their records.</param>
/// <param name="options">What messages get that do not say.</param>
/// <param name="time">The clock.</param>
internal sealed class HandedOverMessages(IJobQueue queue, ITaskStore records, QueueOptions options, TimeProvider time)
{
    private const int Portion = 16;

    private readonly ConditionalWeakTable<QueueLease, TaskLease> _handedOver = [];

    /// <summary>What such records have for a queue, so that they are told from those that wait at the broker.</summary>
    public string QueueName { get; } = $"{queue.Name} (handed over)";

    /// <summary>Renews leases, wherever they are, and hands over those that must be.</summary>
    /// <returns>What became of each, in order.</returns>
    public async Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan duration, CancellationToken cancellationToken)
    {
        var atBroker = leases.Where(lease => !_handedOver.TryGetValue(lease, out _)).ToList();
        var states = new Dictionary<QueueLease, LeaseState>(ReferenceEqualityComparer.Instance);
        if (atBroker.Count > 0)
        {
            foreach (var (lease, state) in atBroker.Zip(await queue.RenewAsync(atBroker, duration, cancellationToken)))
                states[lease] = state == LeaseState.Ending ? await HandOverAsync(lease, duration, cancellationToken) : state;
        }

        var inStore = leases.Where(lease => !states.ContainsKey(lease))
            .Select(lease => (Lease: lease, Task: _handedOver.TryGetValue(lease, out var task) ? task : null!)).ToList();
        if (inStore.Count > 0)
        {
            var renewed = await records.RenewAsync([.. inStore.Select(held => held.Task)], duration, cancellationToken);
            foreach (var (held, state) in inStore.Zip(renewed)) states[held.Lease] = state;
        }

        return [.. leases.Select(lease => states[lease])];
    }

    /// <summary>Gives the messages of workers that died back to the broker; the store's sweeper has found them.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RecoverAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var found = await records.ClaimAsync(new TaskClaim(QueueName, Portion, duration), cancellationToken);
        foreach (var lease in found)
        {
            // A key would say that it was put before, which is so.
            var message = StoreMessages.MessageOf(lease.Record) with { IdempotencyKey = null, NotBefore = null };
            await queue.PutAsync([message], cancellationToken);
            var record = lease.Record with
            {
                Queue = queue.Name,
                Status = TaskState.Queued,
                LeaseOwner = null,
                LeaseExpiresAt = null,
            };
            await records.RecordAsync(record, cancellationToken);
        }

        return found.Count;
    }

    // The record first: between the two steps the message may come twice, and is never lost.
    private async Task<LeaseState> HandOverAsync(QueueLease lease, TimeSpan duration, CancellationToken cancellationToken)
    {
        var known = await records.GetAsync(lease.Message.Id, cancellationToken);
        var record = (known?.Status.IsLeased() == true ? known : NewRecord(lease.Message, known)) with
        {
            Queue = QueueName,
            Payload = lease.Message.Body,
            LeaseOwner = $"{Environment.MachineName}-{Environment.ProcessId}",
            LeaseExpiresAt = time.GetUtcNow() + duration,
        };
        if (!await records.RecordAsync(record, cancellationToken)) return LeaseState.Lost;
        if (!await queue.HandOverAsync(lease, cancellationToken)) return LeaseState.Lost;
        _handedOver.Add(lease, new TaskLease(record, record.FencingToken));
        return record.Status == TaskState.Cancelling ? LeaseState.Cancelling : LeaseState.Held;
    }

    private TaskRecord NewRecord(QueueMessage message, TaskRecord? known)
    {
        var now = time.GetUtcNow();
        return TaskTransitions.Create(StoreMessages.TaskOf(message, QueueName, options), known?.CreatedAt ?? message.EnqueuedAt ?? now) with
        {
            Status = TaskState.Running,
            Attempts = message.Attempt - 1,
            StartedAt = now,
            FirstFailedAt = message.FirstFailedAt,
            FencingToken = (known?.FencingToken ?? 0) + 1,
        };
    }
}
