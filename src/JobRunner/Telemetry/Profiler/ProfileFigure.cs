using System.Globalization;

namespace JobRunner.Telemetry.Profiler;

/// <summary>A profile's figures as people read them.</summary>
internal static class ProfileFigure
{
    public static string Text(double value, ProfileUnit unit) => unit switch
    {
        ProfileUnit.Milliseconds when value >= 1000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1000:0.00} s"),
        ProfileUnit.Milliseconds => string.Create(CultureInfo.InvariantCulture, $"{value:0} ms"),
        _ when value >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 30):0.00} GiB"),
        _ when value >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 20):0.00} MiB"),
        _ when value >= 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 10):0.0} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0} B"),
    };
}
