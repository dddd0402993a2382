using System.Threading.RateLimiting;

namespace JobRunner.Execution;

/// <content>Places that queue work holds while it waits for a message: whoever comes with a call at hand gets
/// them.</content>
internal sealed partial class CallGate
{
    private readonly LinkedList<GateReservation> _reservations = new();

    /// <summary>Reserves a place for a message that may come, once no HTTP call waits for one. An HTTP call takes it back
    /// at any time, other queue work that waits does too.</summary>
    /// <exception cref="OperationCanceledException">The worker gave up.</exception>
    public async ValueTask<GateReservation> ReserveAsync(CancellationToken cancellationToken)
    {
        if (TryReserve() is { } reservation)
            return reservation;
        GateWaiter waiter;
        lock (_lock)
        {
            // In line first and looking second: a place that is given back in between is not missed.
            waiter = new GateWaiter(_work);
            HandToWork();

            // Whoever only waits for a message lets others have their turn.
            if (waiter.IsWaiting)
                ReleaseReserved();
        }

        return await waiter.WaitAsync(_lock, cancellationToken);
    }

    /// <summary>Reserves a place if one is free now.</summary>
    public GateReservation? TryReserve()
    {
        if (_limiter is null)
            return new GateReservation(this, lease: null);
        lock (_lock)
            return _limiter.AttemptAcquire() is { IsAcquired: true } lease ? Reserve(lease) : null;
    }

    /// <summary>Makes a reservation a place; null where it was taken back.</summary>
    public GatePlace? Confirm(GateReservation reservation)
    {
        if (_limiter is null)
            return Take(lease: null);
        lock (_lock)
            return _reservations.Remove(reservation) ? Take(reservation.Lease) : null;
    }

    /// <summary>Gives a reservation back; harmless where it is none any more.</summary>
    public void GiveBack(GateReservation reservation)
    {
        lock (_lock)
        {
            if (!_reservations.Remove(reservation))
                return;
            reservation.Lease?.Dispose();
            HandToWork();
        }
    }

    // The caller holds the lock.
    private void HandToWork()
    {
        while (_work.First is { } first && _limiter!.AttemptAcquire() is { IsAcquired: true } lease)
            first.Value.Grant(Reserve(lease));
    }

    private GateReservation Reserve(RateLimitLease? lease)
    {
        var reservation = new GateReservation(this, lease);
        _reservations.AddLast(reservation);
        return reservation;
    }

    // Somebody is in line by now: what is only reserved goes to them, by the limiter's own order.
    private void ReleaseReserved()
    {
        lock (_lock)
        {
            TakeReserved()?.Dispose();
            HandToWork();
        }
    }

    // The caller holds the lock, under which every place is either a call's, or reserved, or free: those who wait go first.
    private GatePlace? TryTakeUnused()
    {
        if (Waiting > 0)
            return null;
        if (TakeReserved() is { } reserved)
            return Take(reserved);
        return _limiter!.AttemptAcquire() is { IsAcquired: true } lease ? Take(lease) : null;
    }

    // The caller holds the lock.
    private RateLimitLease? TakeReserved()
    {
        if (_reservations.First is not { } oldest)
            return null;
        _reservations.Remove(oldest);
        oldest.Value.Revoke();
        return oldest.Value.Lease;
    }
}
