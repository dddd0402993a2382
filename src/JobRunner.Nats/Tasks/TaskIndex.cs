using System.Text;
using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Tasks;

/// <summary>
/// What the bucket holds, in memory: the bucket can be read by key only, and a store must list, rank and count. It
/// follows the bucket's changes; a write of this process is in it at once.
/// </summary>
internal sealed class TaskIndex(TaskChanges changes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StoredTask> _all = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredTask> _active = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _gone = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _paused = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _reserved = new(StringComparer.Ordinal);
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _revision;

    /// <summary>The last change that was followed.</summary>
    public ulong Revision
    {
        get
        {
            lock (_lock)
                return _revision;
        }
    }

    /// <summary>Takes over a change that was followed.</summary>
    public void Follow(KeyValueEntry entry)
    {
        if (entry.Key.StartsWith(TaskKeys.RecordPrefix, StringComparison.Ordinal)) FollowRecord(entry);
        else if (entry.Key.StartsWith(TaskKeys.EventPrefix, StringComparison.Ordinal)) FollowEvent(entry);
        else if (entry.Key.StartsWith(TaskKeys.PausePrefix, StringComparison.Ordinal)) FollowPause(entry);
        TaskCompletionSource moved;
        lock (_lock)
        {
            _revision = Math.Max(_revision, entry.Revision);
            (moved, _moved) = (_moved, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.TrySetResult();
    }

    /// <summary>Takes over a record that this process has written or just read.</summary>
    public void Apply(StoredTask stored)
    {
        var word = TaskKeys.Word(stored.Task.Id);
        lock (_lock)
        {
            if (_all.TryGetValue(word, out var known) && known.Revision >= stored.Revision) return;
            if (_gone.TryGetValue(word, out var gone) && gone > stored.Revision) return;
            _gone.Remove(word);
            _all[word] = stored;
            if (stored.Task.Status.IsFinished()) _active.Remove(word);
            else _active[word] = stored;
        }

        changes.Publish(new TaskChange(stored.Task.Id, stored.Task.Queue, stored.Task.Status));
    }

    public void Remove(string word, ulong revision)
    {
        lock (_lock)
        {
            if (_all.TryGetValue(word, out var known) && known.Revision >= revision) return;
            _gone[word] = revision;
            _all.Remove(word);
            _active.Remove(word);
        }
    }

    /// <summary>Forgets that records are gone, once nothing older of them can come.</summary>
    public void ForgetGone(ulong before)
    {
        lock (_lock)
        {
            foreach (var (word, _) in _gone.Where(entry => entry.Value < before).ToArray())
                _gone.Remove(word);
        }
    }

    public bool Contains(string word)
    {
        lock (_lock)
            return _all.ContainsKey(word);
    }

    /// <summary>Keeps a place in a queue for a task that is about to be added. Other replicas are counted as far as they
    /// have told.</summary>
    public bool TryReserve(string queue, string id, int most)
    {
        lock (_lock)
        {
            var coming = _reserved.Count(place => place.Value == queue);
            var waiting = _active.Values.Count(stored =>
                stored.Task.Queue == queue && stored.Task.Status == TaskState.Queued && !_reserved.ContainsKey(stored.Task.Id));
            return coming + waiting < most && _reserved.TryAdd(id, queue);
        }
    }

    public void EndReservation(string id)
    {
        lock (_lock)
            _reserved.Remove(id);
    }

    public bool IsPaused(string queue)
    {
        lock (_lock)
            return _paused.ContainsKey(TaskKeys.Word(queue));
    }

    public string[] Paused()
    {
        lock (_lock)
            return [.. _paused.Values];
    }

    public void SetPaused(string queue, bool isPaused)
    {
        lock (_lock)
        {
            if (isPaused) _paused[TaskKeys.Word(queue)] = queue;
            else _paused.Remove(TaskKeys.Word(queue));
        }
    }

    public StoredTask[] All()
    {
        lock (_lock)
            return [.. _all.Values];
    }

    /// <summary>Those that have not ended.</summary>
    public StoredTask[] Active()
    {
        lock (_lock)
            return [.. _active.Values];
    }

    /// <summary>Waits until a change was followed.</summary>
    public async Task ReachAsync(ulong revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (_revision >= revision) return;
                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellationToken);
        }
    }

    private void FollowRecord(KeyValueEntry entry)
    {
        if (!entry.Exists) Remove(TaskKeys.WordOf(entry.Key), entry.Revision);
        else if (StoredTask.Read(entry.Value, entry.Revision) is { } stored) Apply(stored);
    }

    private void FollowEvent(KeyValueEntry entry)
    {
        StoredTask? known;
        lock (_lock)
            _all.TryGetValue(TaskKeys.WordOf(entry.Key), out known);

        // Whoever waits for work need not hear of a line in a log.
        if (known is { Task.Status: not TaskState.Queued } stored)
            changes.Publish(new TaskChange(stored.Task.Id, stored.Task.Queue, stored.Task.Status));
    }

    private void FollowPause(KeyValueEntry entry)
    {
        lock (_lock)
        {
            var word = TaskKeys.WordOf(entry.Key);
            if (entry.Exists) _paused[word] = Encoding.UTF8.GetString(entry.Value.Span);
            else _paused.Remove(word);
        }
    }
}
