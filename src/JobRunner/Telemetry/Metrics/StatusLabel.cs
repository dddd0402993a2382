using System.Globalization;

namespace JobRunner.Telemetry.Metrics;

/// <summary>HTTP status codes as label values, made once so that a failed call allocates none.</summary>
internal static class StatusLabel
{
    private const int First = 100;
    private const int Last = 599;

    private static readonly string[] Texts =
        [.. Enumerable.Range(First, Last - First + 1).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Codes outside 100 to 599 share one value, so that a job cannot add series without bound.</summary>
    public static KeyValuePair<string, object?> Of(int status) =>
        new("status", status is >= First and <= Last ? Texts[status - First] : "other");
}
