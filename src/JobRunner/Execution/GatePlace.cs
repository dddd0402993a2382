using System.Threading.RateLimiting;

namespace JobRunner.Execution;

/// <summary>A place in the gate. Its holder gives it back exactly once, when the work has really ended.</summary>
internal readonly struct GatePlace(CallGate gate, RateLimitLease? lease, SemaphoreSlim? queuePlaces = null)
{
    /// <summary>The limiter's permit; null without a cap.</summary>
    public RateLimitLease? Lease => lease;

    /// <summary>The same place, which also counts against a queue's own bound.</summary>
    public GatePlace Within(SemaphoreSlim places) => new(gate, lease, places);

    public void Release()
    {
        gate.Release(lease);
        queuePlaces?.Release();
    }
}
