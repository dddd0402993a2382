namespace JobRunner.Tasks;

/// <summary>How long to wait before another attempt: doubled each time, with jitter, so that what failed together does
/// not come back together.</summary>
internal static class RetryDelay
{
    private const double Jitter = 0.2;

    /// <param name="attempt">Number of the attempt that failed, the first being 1.</param>
    /// <param name="first">Wait after the first.</param>
    /// <param name="longest">Longest wait.</param>
    public static TimeSpan After(int attempt, TimeSpan first, TimeSpan longest)
    {
        var doubled = first * Math.Pow(2, Math.Min(attempt - 1, 30));
        var bounded = doubled < longest ? doubled : longest;
        return bounded * (1 - (Jitter * Random.Shared.NextDouble()));
    }
}
