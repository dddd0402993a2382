using System.Collections.Concurrent;

namespace JobRunner.Tasks;

/// <summary>The runs of this process.</summary>
internal sealed class RunningTasks : IDisposable
{
    private readonly ConcurrentDictionary<string, Run> _runs = new(StringComparer.Ordinal);
    private readonly TaskChanges _changes;

    public RunningTasks(ITaskStore store)
    {
        _changes = store.Changes;
        _changes.Changed += OnChanged;
    }

    public IReadOnlyList<Run> All => [.. _runs.Values];

    public bool IsEmpty => _runs.IsEmpty;

    public Run Add(TaskLease lease)
    {
        var run = new Run(lease);
        _runs[lease.TaskId] = run;
        return run;
    }

    // A later run of the same task may have taken the place of one whose lease was lost.
    public void Remove(Run run)
    {
        _runs.TryRemove(KeyValuePair.Create(run.Lease.TaskId, run));
        run.Dispose();
    }

    public void Dispose() => _changes.Changed -= OnChanged;

    private void OnChanged(TaskChange change)
    {
        if (change.Status == TaskState.Cancelling && _runs.TryGetValue(change.TaskId, out var run))
            run.Stop();
    }

    /// <summary>One run.</summary>
    internal sealed class Run(TaskLease lease) : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();

        public TaskLease Lease { get; } = lease;

        /// <summary>Cancelled when the run shall end.</summary>
        public CancellationToken Token => _stop.Token;

        public void Dispose() => _stop.Dispose();

        /// <summary>Whether somebody else holds the task now.</summary>
        public bool IsLost { get; private set; }

        /// <summary>Asks the job to end. Its callbacks are the job's code, which must not hold up who asks.</summary>
        public void Stop()
        {
            try
            {
                _ = _stop.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // The run has just ended by itself.
            }
        }

        public void Lose()
        {
            IsLost = true;
            Stop();
        }
    }
}
