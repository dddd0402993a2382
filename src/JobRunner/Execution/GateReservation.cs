using System.Threading.RateLimiting;

namespace JobRunner.Execution;

/// <summary>A place that is kept for work that may come, until somebody needs it who has work already.</summary>
internal sealed class GateReservation(CallGate gate, RateLimitLease? lease) : IDisposable
{
    private readonly CancellationTokenSource _revoked = new();

    /// <summary>Cancelled when the place was taken back.</summary>
    public CancellationToken Revoked => _revoked.Token;

    /// <summary>The limiter's permit; null without a cap.</summary>
    public RateLimitLease? Lease => lease;

    /// <summary>Takes the place for work that has come; null where it was taken back before.</summary>
    public GatePlace? Confirm() => gate.Confirm(this);

    /// <summary>Tells the holder that the place is gone. Its reaction must not run under the gate's lock.</summary>
    public void Revoke() => _ = _revoked.CancelAsync();

    /// <summary>Gives the place back, unless it was confirmed or taken.</summary>
    public void Dispose() => gate.GiveBack(this);
}
