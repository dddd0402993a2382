namespace JobRunner.Telemetry.Metrics;

/// <summary>The bucket bounds, in seconds, that existing dashboards are drawn for; +Inf is implied.</summary>
internal static class DurationBuckets
{
    public static readonly IReadOnlyList<double> Bounds =
    [
        .001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5,
        10, 25, 50, 75, 100, 250, 500, 750, 1000,
    ];
}
