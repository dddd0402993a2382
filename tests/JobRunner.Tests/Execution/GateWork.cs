using JobRunner.Execution;

namespace JobRunner.Tests.Execution;

/// <summary>Queue work with a message at hand: it takes the first reserved place that nobody takes back.</summary>
internal static class GateWork
{
    public static async Task<GatePlace> WorkAsync(this CallGate gate, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var reservation = await gate.ReserveAsync(cancellationToken);
            if (reservation.Confirm() is { } place)
                return place;
        }
    }
}
