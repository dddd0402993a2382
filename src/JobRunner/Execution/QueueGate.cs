namespace JobRunner.Execution;

/// <summary>The gate as one queue sees it: its work takes places that no HTTP call waits for, and at most so many as the
/// queue may have of its own.</summary>
/// <param name="gate">The gate of all calls.</param>
/// <param name="maxConcurrency">Calls of this queue at once; null for as many as the gate has.</param>
internal sealed class QueueGate(CallGate gate, int? maxConcurrency) : IDisposable
{
    private readonly SemaphoreSlim? _places =
        maxConcurrency is { } most ? new SemaphoreSlim(most, most) : null;

    /// <summary>Waits for a place and reserves it, and as many more as are free now.</summary>
    /// <param name="max">Most places.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The worker gave up.</exception>
    public async ValueTask<QueueReservations> ReserveAsync(int max, CancellationToken cancellationToken)
    {
        var reservations = new QueueReservations(_places);
        if (_places is not null)
            await _places.WaitAsync(cancellationToken);
        try
        {
            reservations.Add(await gate.ReserveAsync(cancellationToken));
        }
        catch
        {
            _places?.Release();
            throw;
        }

        while (reservations.Count < max && _places?.Wait(0, CancellationToken.None) != false)
        {
            if (gate.TryReserve() is not { } further)
            {
                _places?.Release();
                break;
            }

            reservations.Add(further);
        }

        return reservations;
    }

    public void Dispose() => _places?.Dispose();
}
