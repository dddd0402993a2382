using System.Buffers;
using System.Globalization;
using System.Text;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// Writes lines of the Prometheus text format 0.0.4 as UTF-8. Numbers look as the original's do (<c>1.0</c>), since
/// the <c>le</c> label of a bucket is text to whoever queries it.
/// </summary>
internal readonly struct PrometheusText(IBufferWriter<byte> output)
{
    /// <summary>Starts a family: its HELP and TYPE lines.</summary>
    public void Family(string name, string type, string help) =>
        Write($"# HELP {name} {Escape(help, quotes: false)}\n# TYPE {name} {type}\n");

    /// <summary>One sample.</summary>
    /// <param name="name">The sample's name, suffix included.</param>
    /// <param name="labels">What <see cref="Label"/> made, joined by commas; empty for none.</param>
    /// <param name="value">The value.</param>
    public void Sample(string name, string labels, double value) =>
        Write(labels.Length == 0 ? $"{name} {Number(value)}\n" : $"{name}{{{labels}}} {Number(value)}\n");

    /// <summary><c>name="value"</c>, the value escaped.</summary>
    public static string Label(string name, string value) => $"{name}=\"{Escape(value, quotes: true)}\"";

    /// <summary>Shortest text that reads back to the same number; whole numbers keep one decimal.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "+Inf" : "-Inf";

        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    private static string Escape(string text, bool quotes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private void Write(string line) => Encoding.UTF8.GetBytes(line, output);
}
