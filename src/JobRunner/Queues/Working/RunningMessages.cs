using System.Collections.Concurrent;

namespace JobRunner.Queues.Working;

/// <summary>The messages that a worker holds.</summary>
internal sealed class RunningMessages : IDisposable
{
    private readonly ConcurrentDictionary<MessageRun, byte> _runs = new();
    private readonly TaskChanges _changes;

    public RunningMessages(TaskChanges changes)
    {
        _changes = changes;
        _changes.Changed += OnChanged;
    }

    public IReadOnlyList<MessageRun> All => [.. _runs.Keys];

    public bool IsEmpty => _runs.IsEmpty;

    public MessageRun Add(QueueLease lease, long now)
    {
        var run = new MessageRun(lease) { RenewedAt = now };
        _runs[run] = 0;
        return run;
    }

    public void Remove(MessageRun run)
    {
        if (_runs.TryRemove(run, out _))
            run.Dispose();
    }

    public void Dispose() => _changes.Changed -= OnChanged;

    // Renewals tell of it too, but not as soon.
    private void OnChanged(TaskChange change)
    {
        if (change.Status != TaskState.Cancelling)
            return;
        foreach (var run in _runs.Keys)
        {
            if (run.Message.Id == change.TaskId)
                run.Cancel();
        }
    }
}
