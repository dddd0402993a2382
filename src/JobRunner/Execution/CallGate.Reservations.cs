namespace JobRunner.Execution;

/// <content>Places that queue work holds while it waits for a message: whoever comes with a call at hand gets
/// them.</content>
internal sealed partial class CallGate
{
    private readonly LinkedList<GateReservation> _reservations = new();
    private int _reservedCount;

    /// <summary>Reserves a place for a message that may come, once no HTTP call waits for one. An HTTP call takes it back
    /// at any time, other queue work that waits does too.</summary>
    /// <exception cref="OperationCanceledException">The worker gave up.</exception>
    public async ValueTask<GateReservation> ReserveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryReserve() is { } reservation)
                return reservation;
            _ = await EnterIdleAsync(cancellationToken);
            lock (_lock)
            {
                // A call that came since the place was granted goes first.
                if (_calls.Count == 0)
                    return Reserve();
                PassOn();
            }
        }
    }

    /// <summary>Reserves a place if one is free now.</summary>
    public GateReservation? TryReserve()
    {
        if (MaxConcurrency is not { } most)
            return new GateReservation(this);
        lock (_lock)
            return TryTake(most) ? Reserve() : null;
    }

    /// <summary>Makes a reservation a place; null where it was taken back.</summary>
    public GatePlace? Confirm(GateReservation reservation)
    {
        if (MaxConcurrency is null)
            return TryEnter();
        lock (_lock)
            return TryRemove(reservation) ? new GatePlace(this) : null;
    }

    /// <summary>Gives a reservation back; harmless where it is none any more.</summary>
    public void GiveBack(GateReservation reservation)
    {
        if (MaxConcurrency is null)
            return;
        lock (_lock)
        {
            if (TryRemove(reservation))
                PassOn();
        }
    }

    private GateReservation Reserve()
    {
        var reservation = new GateReservation(this);
        _reservations.AddLast(reservation);
        Volatile.Write(ref _reservedCount, _reservations.Count);
        return reservation;
    }

    private bool TryRemove(GateReservation reservation)
    {
        if (!_reservations.Remove(reservation))
            return false;
        Volatile.Write(ref _reservedCount, _reservations.Count);
        return true;
    }

    private bool TryTakeReserved()
    {
        if (_reservations.First is not { } oldest)
            return false;
        TryRemove(oldest.Value);
        oldest.Value.Revoke();
        return true;
    }
}
