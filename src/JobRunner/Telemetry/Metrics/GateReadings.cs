namespace JobRunner.Telemetry.Metrics;

/// <summary>What the concurrency gate tells a scrape; each function is called on the scraping thread.</summary>
/// <param name="InFlight">Calls that run now.</param>
/// <param name="Waiting">Calls that wait for a place.</param>
/// <param name="Stuck">Calls that were answered, by a timeout, but whose method still runs.</param>
internal sealed record GateReadings(Func<long> InFlight, Func<long> Waiting, Func<long> Stuck)
{
    public static readonly GateReadings None = new(() => 0, () => 0, () => 0);
}
