using System.Collections.Concurrent;

namespace JobRunner;

/// <summary>A task has changed.</summary>
/// <param name="TaskId">Id of the task.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="Status">Its state after the change.</param>
public readonly record struct TaskChange(string TaskId, string Queue, TaskState Status);

/// <summary>Tells those who wait that tasks have changed. A store publishes here what it has written, and what it learns
/// of the writes of other processes. Waiting costs no thread.</summary>
public sealed class TaskChanges
{
    private readonly ConcurrentDictionary<string, Watchers> _tasks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Watchers> _queues = new(StringComparer.Ordinal);

    /// <summary>Called for every change, after it is stored; must return quickly.</summary>
    public event Action<TaskChange>? Changed;

    /// <summary>Watches one task from now on.</summary>
    public TaskWatch Watch(string taskId) => Add(_tasks, taskId);

    /// <summary>Watches the arrival of work in one queue from now on.</summary>
    public TaskWatch WatchQueue(string queue) => Add(_queues, queue);

    /// <summary>Tells of a change that is stored.</summary>
    public void Publish(TaskChange change)
    {
        Changed?.Invoke(change);
        if (_tasks.TryGetValue(change.TaskId, out var watchers))
            watchers.Signal();
        if (change.Status == TaskState.Queued)
            Wake(change.Queue);
    }

    /// <summary>Wakes those who wait for work in a queue.</summary>
    public void Wake(string queue)
    {
        if (_queues.TryGetValue(queue, out var watchers))
            watchers.Signal();
    }

    private static TaskWatch Add(ConcurrentDictionary<string, Watchers> all, string key)
    {
        while (true)
        {
            var watchers = all.GetOrAdd(key, static name => new Watchers(name));
            var watch = new TaskWatch(left =>
            {
                if (watchers.Remove(left))
                    all.TryRemove(KeyValuePair.Create(key, watchers));
            });
            if (watchers.TryAdd(watch))
                return watch;
        }
    }

    private sealed class Watchers(string key)
    {
        private readonly List<TaskWatch> _watches = [];
        private bool _isClosed;

        public override string ToString() => key;

        public bool TryAdd(TaskWatch watch)
        {
            lock (_watches)
            {
                if (_isClosed)
                    return false;
                _watches.Add(watch);
                return true;
            }
        }

        // An emptied list is left for good, so that nobody joins one that is being dropped.
        public bool Remove(TaskWatch watch)
        {
            lock (_watches)
            {
                _watches.Remove(watch);
                return _isClosed = _watches.Count == 0;
            }
        }

        public void Signal()
        {
            lock (_watches)
            {
                foreach (var watch in _watches)
                    watch.Signal();
            }
        }
    }
}

/// <summary>Waits for the next change of what it watches; a change between two waits is not missed.</summary>
public sealed class TaskWatch : IDisposable
{
    private readonly Action<TaskWatch> _leave;
    private readonly Lock _lock = new();
    private TaskCompletionSource _signal = New();

    internal TaskWatch(Action<TaskWatch> leave) => _leave = leave;

    /// <summary>Waits for a change since the last wait ended.</summary>
    /// <exception cref="OperationCanceledException">Waiting was cancelled.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task signal;
        lock (_lock)
            signal = _signal.Task;
        await signal.WaitAsync(cancellationToken);
        lock (_lock)
            _signal = New();
    }

    /// <inheritdoc/>
    public void Dispose() => _leave(this);

    internal void Signal()
    {
        lock (_lock)
            _signal.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
