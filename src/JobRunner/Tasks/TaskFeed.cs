namespace JobRunner.Tasks;

/// <summary>Carries what a run tells of itself into the store: progress, log lines, items of a streamed result. What
/// comes faster than the store writes is written together; of progress only the latest counts.</summary>
internal sealed class TaskFeed(ITaskStore store, TaskLease lease)
{
    /// <summary>Most events of one run; a job that tells more is cut off with a last word.</summary>
    public const int MaxEvents = 10_000;

    private static readonly AsyncLocal<TaskFeed?> Ambient = new();

    private readonly Lock _lock = new();
    private List<NewTaskEvent> _events = [];
    private (double Share, string? Message)? _progress;
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private int _count;

    /// <summary>The feed of the run that the running code belongs to.</summary>
    public static TaskFeed? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    public void Report(double share, string? message)
    {
        lock (_lock)
        {
            _progress = (share, message);
            EnsureWriting();
        }
    }

    public void Add(NewTaskEvent added)
    {
        lock (_lock)
        {
            if (++_count > MaxEvents)
                return;
            _events.Add(_count < MaxEvents
                ? added
                : new NewTaskEvent(TaskEventKinds.Log, """{"level":"warning","message":"further events of this run are left out"}"""));
            EnsureWriting();
        }
    }

    /// <summary>Waits until everything told so far is written.</summary>
    public Task FlushAsync()
    {
        lock (_lock)
            return _writing;
    }

    private void EnsureWriting()
    {
        if (_isWriting)
            return;
        _isWriting = true;
        using (ExecutionContext.SuppressFlow())
            _writing = Task.Run(WriteAsync);
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            List<NewTaskEvent> events;
            (double Share, string? Message)? progress;
            lock (_lock)
            {
                (events, _events) = (_events, []);
                (progress, _progress) = (_progress, null);
                if (events.Count == 0 && progress is null)
                {
                    _isWriting = false;
                    return;
                }
            }

            try
            {
                if (events.Count > 0)
                    await store.AppendAsync(lease, events, CancellationToken.None);
                if (progress is var (share, message))
                    await store.ReportAsync(lease, share, message, CancellationToken.None);
            }
            catch (TaskStoreException)
            {
                // What a run tells on its way is not worth its failure; its outcome waits for the store.
            }
        }
    }
}
