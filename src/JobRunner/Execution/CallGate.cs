using System.Threading.RateLimiting;

namespace JobRunner.Execution;

/// <summary>Lets at most so many calls run at once. HTTP calls wait in order of arrival, which is the limiter's own line;
/// queue work reserves places, in a second line, and only when nobody is in the first.</summary>
internal sealed partial class CallGate : IAsyncDisposable
{
    private readonly ConcurrencyLimiter? _limiter;
    private readonly Lock _lock = new();
    private readonly LinkedList<GateWaiter> _work = new();
    private long _inFlight;
    private long _stuck;

    /// <param name="maxConcurrency">Calls at once; null or 0 for no cap.</param>
    /// <param name="maxQueue">HTTP calls that may wait; null for no bound.</param>
    public CallGate(int? maxConcurrency, int? maxQueue)
    {
        MaxQueue = maxQueue;
        if (maxConcurrency is not > 0)
            return;
        MaxConcurrency = maxConcurrency;
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = maxConcurrency.Value,
            QueueLimit = maxQueue ?? int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
    }

    public int? MaxConcurrency { get; }

    public int? MaxQueue { get; }

    /// <summary>Calls that hold a place, stuck ones included.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    /// <summary>HTTP calls that wait for a place.</summary>
    public long Waiting => _limiter?.GetStatistics()?.CurrentQueuedCount ?? 0;

    /// <summary>Calls that were answered while their method still runs.</summary>
    public long Stuck => Interlocked.Read(ref _stuck);

    /// <summary>Takes a place if one is free now, which implies that no call waits.</summary>
    public GatePlace? TryEnter()
    {
        if (_limiter is null)
            return Take(lease: null);
        var lease = _limiter.AttemptAcquire();
        if (lease.IsAcquired)
            return Take(lease);
        lock (_lock)
            return TryTakeUnused();
    }

    /// <summary>Takes a place for an HTTP call, after all that came before.</summary>
    /// <returns>The place, or null where as many wait as may.</returns>
    /// <exception cref="OperationCanceledException">The caller left the line.</exception>
    public async ValueTask<GatePlace?> EnterAsync(CancellationToken cancellationToken)
    {
        if (_limiter is null)
            return Take(lease: null);
        var granted = _limiter.AcquireAsync(permitCount: 1, cancellationToken);
        if (!granted.IsCompleted)
            ReleaseReserved();
        var lease = await granted;
        if (!lease.IsAcquired)
        {
            // Refused because of a place that was only reserved meanwhile: no call is turned away for that.
            lock (_lock)
                return TryTakeUnused();
        }

        var place = Take(lease);

        // Between the grant and this line the caller may have gone; what nobody wants must not run.
        if (cancellationToken.IsCancellationRequested)
        {
            place.Release();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return place;
    }

    /// <summary>Counts a call whose answer was given while its method runs on.</summary>
    public void BecomeStuck() => Interlocked.Increment(ref _stuck);

    /// <summary>Counts the end of such a method.</summary>
    public void BecomeUnstuck() => Interlocked.Decrement(ref _stuck);

    /// <summary>Gives a place back; only <see cref="GatePlace"/> does.</summary>
    public void Release(RateLimitLease? lease)
    {
        Interlocked.Decrement(ref _inFlight);
        if (lease is null)
            return;

        // The limiter hands the place to the first call that waits; what it keeps is for queue work.
        lease.Dispose();
        lock (_lock)
            HandToWork();
    }

    public ValueTask DisposeAsync() => _limiter?.DisposeAsync() ?? ValueTask.CompletedTask;

    private GatePlace Take(RateLimitLease? lease)
    {
        Interlocked.Increment(ref _inFlight);
        return new GatePlace(this, lease);
    }
}
