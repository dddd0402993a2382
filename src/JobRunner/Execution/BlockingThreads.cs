namespace JobRunner.Execution;

/// <summary>Threads for calls that may block: as many as there are such calls, reused, apart from the thread pool, which
/// stays free for probes, metrics, polls and lease renewals.</summary>
internal sealed class BlockingThreads
{
    /// <summary>Most threads at once; further calls wait for one.</summary>
    public const int MaxThreads = 8192;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly object _lock = new();
    private readonly Queue<Action> _pending = new();
    private int _threads;
    private int _idle;

    /// <summary>Runs work on a thread of its own, with the caller's execution context.</summary>
    public void Run(Action work)
    {
        var context = ExecutionContext.Capture();
        Action item = context is null ? work : () => ExecutionContext.Run(context, static state => ((Action)state!)(), work);
        lock (_lock)
        {
            _pending.Enqueue(item);
            if (_idle >= _pending.Count)
            {
                Monitor.Pulse(_lock);
                return;
            }

            if (_threads == MaxThreads)
                return;
            _threads++;
        }

        Start();
    }

    private void Start()
    {
        try
        {
            new Thread(Work) { IsBackground = true, Name = "JobRunner blocking call" }.UnsafeStart();
        }
        catch (OutOfMemoryException)
        {
            // The machine gives no more threads: the work waits for one of those there are, or borrows one.
            lock (_lock)
            {
                if (_threads > 1)
                {
                    _threads--;
                    return;
                }
            }

            ThreadPool.UnsafeQueueUserWorkItem(static threads => threads.Work(), this, preferLocal: false);
        }
    }

    private void Work()
    {
        while (Next() is { } work)
            work();
    }

    private Action? Next()
    {
        lock (_lock)
        {
            while (_pending.Count == 0)
            {
                _idle++;
                var isPulsed = Monitor.Wait(_lock, IdleTime);
                _idle--;
                if (!isPulsed && _pending.Count == 0)
                {
                    _threads--;
                    return null;
                }
            }

            return _pending.Dequeue();
        }
    }
}
