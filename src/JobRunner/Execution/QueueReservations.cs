namespace JobRunner.Execution;

/// <summary>The places that one fetch may fill.</summary>
internal sealed class QueueReservations(SemaphoreSlim? queuePlaces) : IDisposable
{
    private readonly Queue<GateReservation> _reservations = new();

    public int Count => _reservations.Count;

    /// <summary>Tokens that tell of places which were taken back.</summary>
    public IEnumerable<CancellationToken> Revoked => _reservations.Select(reservation => reservation.Revoked);

    public void Add(GateReservation reservation) => _reservations.Enqueue(reservation);

    /// <summary>A place for a message that has come; null where all were taken back meanwhile.</summary>
    public GatePlace? TryConfirm()
    {
        while (_reservations.TryDequeue(out var reservation))
        {
            if (reservation.Confirm() is { } place)
                return queuePlaces is null ? place : place.Within(queuePlaces);
            queuePlaces?.Release();
        }

        return null;
    }

    /// <summary>Gives back what was not filled.</summary>
    public void Dispose()
    {
        while (_reservations.TryDequeue(out var reservation))
        {
            reservation.Dispose();
            queuePlaces?.Release();
        }
    }
}
