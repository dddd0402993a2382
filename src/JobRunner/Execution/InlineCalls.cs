namespace JobRunner.Execution;

/// <summary>Bounds how many pool threads can be inside job code that has not returned yet. A fast call runs where its
/// request is read, without a hop; when that many are inside at once, some of them block, and the next ones get threads
/// of their own.</summary>
internal sealed class InlineCalls
{
    private readonly int _limit;
    private int _inside;

    public InlineCalls()
    {
        _limit = Math.Max(8, Environment.ProcessorCount * 2);

        // The pool injects threads beyond its minimum only twice a second: it must be able to hold all calls inside and
        // still serve everything else at once.
        ThreadPool.GetMinThreads(out var workers, out var ports);
        var wanted = _limit + Math.Max(8, Environment.ProcessorCount);
        if (workers < wanted)
            ThreadPool.SetMinThreads(wanted, ports);
    }

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inside) <= _limit)
            return true;
        Interlocked.Decrement(ref _inside);
        return false;
    }

    public void Exit() => Interlocked.Decrement(ref _inside);
}
