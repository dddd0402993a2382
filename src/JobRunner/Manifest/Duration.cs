using System.Globalization;
using System.Text.RegularExpressions;

namespace JobRunner.Manifest;

/// <summary>Durations as people write them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>, or seconds.</summary>
internal static partial class Duration
{
    /// <summary>How rules describe the form.</summary>
    public const string Form = "a duration such as 500ms, 30s, 5m, 2h, 1d or a number of seconds";

    /// <summary>The longest that .NET's timers can wait, in whole days.</summary>
    public static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    /// <summary>A hundred years: past any use, and far from any overflow.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var match = Pattern().Match(text);
        if (!match.Success) return false;
        if (!decimal.TryParse(match.Groups["number"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        var ticksPerUnit = match.Groups["unit"].Value switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => TimeSpan.TicksPerSecond,
        };
        if (number > (decimal)Longest.Ticks / ticksPerUnit) return false;
        value = TimeSpan.FromTicks((long)(number * ticksPerUnit));
        return true;
    }

    /// <summary>The shortest form that parses to the same duration.</summary>
    public static string Format(TimeSpan value) => value switch
    {
        { Ticks: 0 } => "0",
        _ when value.Ticks % TimeSpan.TicksPerDay == 0 => $"{value.Ticks / TimeSpan.TicksPerDay}d",
        _ when value.Ticks % TimeSpan.TicksPerHour == 0 => $"{value.Ticks / TimeSpan.TicksPerHour}h",
        _ when value.Ticks % TimeSpan.TicksPerMinute == 0 => $"{value.Ticks / TimeSpan.TicksPerMinute}m",
        _ when value.Ticks % TimeSpan.TicksPerSecond == 0 => $"{value.Ticks / TimeSpan.TicksPerSecond}s",
        _ => $"{(value.Ticks / (decimal)TimeSpan.TicksPerMillisecond).ToString(CultureInfo.InvariantCulture)}ms",
    };

    [GeneratedRegex(
        @"^(?<number>[0-9]{1,18}(\.[0-9]{1,9})?)(?<unit>ms|s|m|h|d)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
