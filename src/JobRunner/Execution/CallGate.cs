namespace JobRunner.Execution;

/// <summary>Lets at most so many calls run at once. HTTP calls wait in order of arrival; queue work takes what they
/// leave, in order of arrival too.</summary>
/// <remarks>
/// <para>While somebody waits, every place is taken: a place that is given back goes to the first in line under the
/// same lock, so that nobody can slip in between and no wake-up can be lost.</para>
/// <para>A limiter of the framework knows one line only, and forgets to hand on a place that is given back in the moment
/// in which a waiter leaves.</para>
/// </remarks>
internal sealed partial class CallGate
{
    private readonly Lock _lock = new();
    private readonly LinkedList<GateWaiter> _calls = new();
    private readonly LinkedList<GateWaiter> _work = new();
    private long _inFlight;
    private long _stuck;

    /// <param name="maxConcurrency">Calls at once; null or 0 for no cap.</param>
    /// <param name="maxQueue">HTTP calls that may wait; null for no bound.</param>
    public CallGate(int? maxConcurrency, int? maxQueue)
    {
        MaxConcurrency = maxConcurrency is > 0 ? maxConcurrency : null;
        MaxQueue = maxQueue;
    }

    public int? MaxConcurrency { get; }

    public int? MaxQueue { get; }

    /// <summary>Calls that hold a place, stuck ones included.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight) - Volatile.Read(ref _reservedCount);

    /// <summary>HTTP calls that wait for a place.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _calls.Count;
        }
    }

    /// <summary>Calls that were answered while their method still runs.</summary>
    public long Stuck => Interlocked.Read(ref _stuck);

    /// <summary>Takes a place if one is free now, which implies that nobody waits.</summary>
    public GatePlace? TryEnter()
    {
        if (MaxConcurrency is not { } most)
        {
            Interlocked.Increment(ref _inFlight);
            return new GatePlace(this);
        }

        lock (_lock)
            return TryTake(most) || TryTakeReserved() ? new GatePlace(this) : null;
    }

    /// <summary>Takes a place for an HTTP call, after all that came before.</summary>
    /// <returns>The place, or null where as many wait as may.</returns>
    /// <exception cref="OperationCanceledException">The caller left the line.</exception>
    public ValueTask<GatePlace?> EnterAsync(CancellationToken cancellationToken)
    {
        if (MaxConcurrency is not { } most)
            return new ValueTask<GatePlace?>(TryEnter());
        GateWaiter waiter;
        lock (_lock)
        {
            if (TryTake(most) || TryTakeReserved())
                return new ValueTask<GatePlace?>(new GatePlace(this));
            if (_calls.Count >= MaxQueue)
                return new ValueTask<GatePlace?>(default(GatePlace?));
            waiter = new GateWaiter(_lock, _calls);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Takes a place for queue work once no HTTP call waits for one.</summary>
    /// <exception cref="OperationCanceledException">The worker gave up.</exception>
    public async ValueTask<GatePlace> EnterIdleAsync(CancellationToken cancellationToken)
    {
        if (MaxConcurrency is not { } most)
            return TryEnter()!.Value;
        GateWaiter waiter;
        lock (_lock)
        {
            if (TryTake(most))
                return new GatePlace(this);
            waiter = new GateWaiter(_lock, _work);

            // Whoever only waits for a message lets others have their turn.
            if (TryTakeReserved())
                PassOn();
        }

        return (await WaitAsync(waiter, cancellationToken))!.Value;
    }

    /// <summary>Counts a call whose answer was given while its method runs on.</summary>
    public void BecomeStuck() => Interlocked.Increment(ref _stuck);

    /// <summary>Counts the end of such a method.</summary>
    public void BecomeUnstuck() => Interlocked.Decrement(ref _stuck);

    /// <summary>Gives a place back; only <see cref="GatePlace"/> does.</summary>
    public void Release()
    {
        if (MaxConcurrency is null)
        {
            Interlocked.Decrement(ref _inFlight);
            return;
        }

        lock (_lock)
            PassOn();
    }

    // The caller holds the lock and a place that nobody uses any more.
    private void PassOn()
    {
        if ((_calls.First ?? _work.First) is { } first)
            first.Value.Grant();
        else
            _inFlight--;
    }

    private bool TryTake(int most)
    {
        if (_inFlight >= most)
            return false;
        _inFlight++;
        return true;
    }

    private async ValueTask<GatePlace?> WaitAsync(GateWaiter waiter, CancellationToken cancellationToken)
    {
        await waiter.WaitAsync(cancellationToken);

        // Between the grant and this line the caller may have gone; what nobody wants must not run.
        if (cancellationToken.IsCancellationRequested)
        {
            Release();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return new GatePlace(this);
    }
}
