using JobRunner;

/// <summary>Knows some cities, and serves the files that it knows them from.</summary>
public class CityGuide
{
    private static readonly Dictionary<string, int> Population = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Aarhus"] = 285_273,
        ["Ghent"] = 267_712,
        ["Porto"] = 231_800,
    };

    /// <summary>Looks up how many people live in a city.</summary>
    /// <param name="city">Name of the city.</param>
    /// <returns>The number of inhabitants.</returns>
    public int Perform(string city) => Population.TryGetValue(city, out var people)
        ? people
        : throw new EntityNotFoundException($"{city} is not in this guide");

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { city = "Ghent" };

    /// <summary>A file, a file with a media type of its own, and a folder with everything in it.</summary>
    public Dictionary<string, object> StaticEndpoints() => new()
    {
        ["/logo.svg"] = "logo.svg",
        ["/cities"] = new StaticFile("cities.tsv", "text/tab-separated-values"),
        ["/guide"] = "pages",
    };
}
