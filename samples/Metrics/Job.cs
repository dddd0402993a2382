using JobRunner;

/// <summary>Converts temperatures, and shows at <c>/metrics</c> what it has seen.</summary>
public class Thermometer
{
    private readonly Lock _lock = new();
    private long _conversions;
    private double? _highest;

    /// <summary>Converts degrees Celsius to degrees Fahrenheit.</summary>
    /// <param name="celsius">Degrees Celsius.</param>
    /// <returns>Degrees Fahrenheit.</returns>
    public double Perform(double celsius)
    {
        lock (_lock)
        {
            _conversions++;
            _highest = _highest is { } highest ? Math.Max(highest, celsius) : celsius;
        }

        return celsius * 9 / 5 + 32;
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { celsius = 21.5 };

    /// <summary>Gauges, read anew at every scrape; one without a value yet is left out.</summary>
    public IEnumerable<JobMetric> Metrics()
    {
        lock (_lock)
        {
            return
            [
                new JobMetric("thermometer_conversions", _conversions, "Temperatures converted since the start."),
                new JobMetric(
                    "thermometer_highest",
                    _highest,
                    "Highest temperature seen.",
                    new Dictionary<string, string> { ["unit"] = "celsius" }),
            ];
        }
    }
}
