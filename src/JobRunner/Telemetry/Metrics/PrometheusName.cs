using System.Text;

namespace JobRunner.Telemetry.Metrics;

/// <summary>Names as the Prometheus text format 0.0.4 allows them; what it does not allow becomes an underscore.</summary>
internal static class PrometheusName
{
    /// <summary><c>[a-zA-Z_:][a-zA-Z0-9_:]*</c></summary>
    public static string OfMetric(string name) => Sanitise(name, colons: true);

    /// <summary>
    /// <c>[a-zA-Z_][a-zA-Z0-9_]*</c>. A leading double underscore, reserved to Prometheus (<c>__name__</c> would
    /// rename the metric), is shortened to one.
    /// </summary>
    public static string OfLabel(string name)
    {
        var sanitised = Sanitise(name, colons: false);
        return sanitised.StartsWith("__", StringComparison.Ordinal) ? "_" + sanitised.TrimStart('_') : sanitised;
    }

    private static string Sanitise(string name, bool colons)
    {
        if (name.Length == 0)
            return "_";

        var text = new StringBuilder(name.Length + 1);
        if (char.IsAsciiDigit(name[0]))
            text.Append('_');
        foreach (var rune in name.EnumerateRunes())
        {
            var allowed = rune.IsAscii
                && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value == '_' || (colons && rune.Value == ':'));
            text.Append(allowed ? (char)rune.Value : '_');
        }

        return text.ToString();
    }
}
