namespace JobRunner.Nats.Queues;

/// <summary>Messages in memory: what may run by priority, then in order of arrival; what waits for its time by that.</summary>
internal sealed class WaitingMessages(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<QueueMessage, DateTimeOffset> _later = new();
    private readonly PriorityQueue<QueueMessage, (int Priority, long Number)> _due = new();
    private long _last;

    public void Add(QueueMessage message, DateTimeOffset due)
    {
        lock (_lock)
        {
            if (due > time.GetUtcNow()) _later.Enqueue(message, due);
            else _due.Enqueue(message, (-message.Priority, _last++));
        }
    }

    public IReadOnlyList<QueueMessage> TakeDue(int max)
    {
        lock (_lock)
        {
            Ripen();
            var taken = new List<QueueMessage>();
            while (taken.Count < max && _due.TryDequeue(out var message, out _))
                taken.Add(message);
            return taken;
        }
    }

    public (int Due, int Later, DateTimeOffset? Next) Count()
    {
        lock (_lock)
        {
            Ripen();
            return (_due.Count, _later.Count, _later.TryPeek(out _, out var next) ? next : null);
        }
    }

    public IReadOnlyList<QueueMessage> Peek(int max)
    {
        lock (_lock)
        {
            Ripen();
            return
            [
                .. _due.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element)
                    .Concat(_later.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element))
                    .Take(max),
            ];
        }
    }

    public long Clear()
    {
        lock (_lock)
        {
            var count = _due.Count + _later.Count;
            _due.Clear();
            _later.Clear();
            return count;
        }
    }

    private void Ripen()
    {
        var now = time.GetUtcNow();
        while (_later.TryPeek(out var message, out var due) && due <= now)
        {
            _later.Dequeue();
            _due.Enqueue(message, (-message.Priority, _last++));
        }
    }
}
