using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Shouldly;

namespace JobRunner.Tests.Telemetry;

/// <summary>A page of the Prometheus text format, read back strictly: an unknown line fails the test.</summary>
internal sealed partial class Scrape
{
    private Scrape(string text) => Text = text;

    public string Text { get; }

    /// <summary>Family name to type.</summary>
    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    /// <summary>Family name to help.</summary>
    public Dictionary<string, string> Helps { get; } = new(StringComparer.Ordinal);

    /// <summary>Name and labels, as written, to value.</summary>
    public Dictionary<string, double> Samples { get; } = new(StringComparer.Ordinal);

    public static Scrape Parse(string text)
    {
        var scrape = new Scrape(text);
        text.ShouldEndWith("\n");
        string? family = null;
        foreach (var line in text[..^1].Split('\n'))
        {
            if (HelpLine().Match(line) is { Success: true } help)
            {
                scrape.Helps.Add(help.Groups[1].Value, help.Groups[2].Value);
            }
            else if (TypeLine().Match(line) is { Success: true } type)
            {
                family = type.Groups[1].Value;
                scrape.Types.Add(family, type.Groups[2].Value);
            }
            else
            {
                var sample = SampleLine().Match(line);
                sample.Success.ShouldBeTrue($"not a line of the format: {line}");
                family.ShouldNotBeNull();
                sample.Groups[1].Value.ShouldStartWith(family);
                scrape.Samples.Add(sample.Groups[1].Value + sample.Groups[2].Value, Number(sample.Groups[3].Value));
            }
        }

        return scrape;
    }

    /// <summary>The values of one label over all samples that have it, decoded.</summary>
    public IEnumerable<string> LabelValues(string label) =>
        Samples.Keys
            .SelectMany(key => LabelPair().Matches(key))
            .Where(pair => pair.Groups[1].Value == label)
            .Select(pair => Unescape(pair.Groups[2].Value));

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] != '\\' ? text[i] : text[++i] == 'n' ? '\n' : text[i]);
        }

        return plain.ToString();
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$")]
    private static partial Regex HelpLine();

    [GeneratedRegex("^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)+\})? ([^ ]+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"[,}]""")]
    private static partial Regex LabelPair();
}
