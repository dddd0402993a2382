using System.Threading.RateLimiting;

namespace JobRunner.Execution;

/// <summary>A place in the gate. Its holder gives it back exactly once, when the work has really ended.</summary>
internal readonly struct GatePlace(CallGate gate, RateLimitLease? lease)
{
    public void Release() => gate.Release(lease);
}

/// <summary>Lets at most so many calls run at once; HTTP calls wait in order of arrival, queue work takes what they
/// leave.</summary>
internal sealed class CallGate : IAsyncDisposable
{
    private readonly ConcurrencyLimiter? _limiter;
    private readonly Lock _lock = new();
    private TaskCompletionSource _released = NewSignal();
    private long _inFlight;
    private long _waiting;
    private long _stuck;

    /// <param name="maxConcurrency">Calls at once; null or 0 for no cap.</param>
    /// <param name="maxQueue">HTTP calls that may wait; null for no bound.</param>
    public CallGate(int? maxConcurrency, int? maxQueue)
    {
        MaxConcurrency = maxConcurrency is > 0 ? maxConcurrency : null;
        MaxQueue = maxQueue;
        if (MaxConcurrency is { } permits)
        {
            _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
            {
                PermitLimit = permits,
                QueueLimit = maxQueue ?? int.MaxValue,
                QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            });
        }
    }

    public int? MaxConcurrency { get; }

    public int? MaxQueue { get; }

    /// <summary>Calls that hold a place, stuck ones included.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    /// <summary>HTTP calls that wait for a place.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>Calls that were answered while their method still runs.</summary>
    public long Stuck => Interlocked.Read(ref _stuck);

    /// <summary>Takes a place, after all that came before.</summary>
    /// <returns>The place, or null where the waiting line is full.</returns>
    /// <exception cref="OperationCanceledException">The caller left the line.</exception>
    public ValueTask<GatePlace?> EnterAsync(CancellationToken cancellationToken)
    {
        if (_limiter is null)
            return new ValueTask<GatePlace?>(Take(lease: null));
        var lease = _limiter.AttemptAcquire();
        return lease.IsAcquired ? new ValueTask<GatePlace?>(Take(lease)) : WaitAsync(_limiter, cancellationToken);
    }

    /// <summary>Takes a place that no HTTP call waits for; waits until there is one.</summary>
    /// <exception cref="OperationCanceledException">The worker gave up.</exception>
    public async ValueTask<GatePlace> EnterIdleAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task released;
            lock (_lock)
                released = _released.Task;
            if (TryEnterIdle() is { } place)
                return place;
            await released.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes a place that no HTTP call waits for, if there is one now.</summary>
    public GatePlace? TryEnterIdle()
    {
        if (_limiter is null)
            return Take(lease: null);
        if (Waiting > 0)
            return null;
        var lease = _limiter.AttemptAcquire();
        return lease.IsAcquired ? Take(lease) : null;
    }

    /// <summary>Counts a call whose answer was given while its method runs on.</summary>
    public void BecomeStuck() => Interlocked.Increment(ref _stuck);

    /// <summary>Counts the end of such a method.</summary>
    public void BecomeUnstuck() => Interlocked.Decrement(ref _stuck);

    public void Release(RateLimitLease? lease)
    {
        Interlocked.Decrement(ref _inFlight);
        if (lease is null)
            return;
        lease.Dispose();
        TaskCompletionSource released;
        lock (_lock)
        {
            released = _released;
            _released = NewSignal();
        }

        released.TrySetResult();
    }

    public ValueTask DisposeAsync() => _limiter?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<GatePlace?> WaitAsync(ConcurrencyLimiter limiter, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            var lease = await limiter.AcquireAsync(permitCount: 1, cancellationToken);
            return lease.IsAcquired ? Take(lease) : null;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private GatePlace Take(RateLimitLease? lease)
    {
        Interlocked.Increment(ref _inFlight);
        return new GatePlace(this, lease);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
