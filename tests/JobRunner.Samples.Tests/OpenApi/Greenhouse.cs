using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace JobRunner.Samples.Tests.OpenApi;

/// <summary>A job with every kind of type that a signature can have, so that its document shows them all.</summary>
public class Greenhouse
{
    /// <summary>Plans the watering.</summary>
    /// <param name="plants">What grows.</param>
    /// <param name="season">The season.</param>
    /// <param name="moisture">Moisture by bed and row.</param>
    /// <param name="limits">Most litres by name of the plant.</param>
    /// <param name="label">A label.</param>
    /// <param name="gardener">Who waters.</param>
    /// <param name="start">When to start.</param>
    /// <param name="seed">Raw bytes.</param>
    /// <param name="rows">Rows to leave out.</param>
    /// <param name="more">Everything else.</param>
    /// <returns>The plan.</returns>
    public Plan Perform(
        [Length(1, 50)] List<Plant> plants,
        Season season,
        double[,] moisture,
        Dictionary<string, float?>? limits = null,
        [StringLength(20, MinimumLength = 2), RegularExpression("[a-z]+")] string label = "beds",
        [EmailAddress] string? gardener = null,
        DateTimeOffset? start = null,
        byte[]? seed = null,
        [MaxLength(3)] int?[]? rows = null,
        [ExtraArguments] IDictionary<string, JsonElement>? more = null) => new(plants.Count, [], season, null);

    /// <summary>Takes a whole body.</summary>
    [JobEndpoint("/plant")]
    public Plant? Plant([FromBody] Plant plant) => plant;

    /// <summary>Takes nothing and gives nothing.</summary>
    [JobEndpoint("/rest")]
    public void Rest()
    {
    }

    /// <summary>Finds a bed.</summary>
    [JobEndpoint("/beds/{house}/{bed:int}", Method = "GET")]
    public async Task<Season?> Bed(
        string house, int bed, [FromQuery(Name = "at")] DateOnly? date = null, [FromHeader(Name = "X-Gardener")] string? who = null)
    {
        await Task.Yield();
        return who is null ? null : Season.Spring;
    }

    /// <summary>Posts to the path that another method gets.</summary>
    [JobEndpoint("/beds/{house}/{bed:int}")]
    public JsonElement PostBed(string house, int bed, JsonElement anything, [AllowedValues("a", "b")] string choice = "a") => anything;

    /// <summary>Takes pictures.</summary>
    [JobEndpoint("/pictures")]
    public object Pictures(IFormFileCollection pictures, [Range(1, 5)] int quality = 3) => new { pictures.Count, quality };

    /// <summary>Answers by itself.</summary>
    [JobEndpoint("/page", Method = "GET")]
    public IResult Page() => Results.Text("hello");

    /// <summary>Examples.</summary>
    public Dictionary<string, object> DocsInputExamples() => new()
    {
        ["/plant"] = new Plant("fern", 0.2m, null, Season.Summer) { Parent = new Plant("moss", 0.1m, [1], Season.Winter) },
    };
}

/// <summary>A season.</summary>
public enum Season
{
    /// <summary>March to May.</summary>
    Spring,

    /// <summary>June to August.</summary>
    Summer,

    /// <summary>December to February.</summary>
    Winter,
}

/// <summary>A plant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Litres">Litres a day.</param>
/// <param name="Beds">Beds that it grows in.</param>
/// <param name="Blooms">When it blooms.</param>
public record Plant([property: StringLength(40)] string Name, [Range(0, 10)] decimal Litres, int[]? Beds, Season? Blooms)
{
    /// <summary>What it was grown from.</summary>
    [JsonPropertyName("grown_from")]
    public Plant? Parent { get; init; }
}

/// <summary>A plan.</summary>
public record Plan(int Count, IReadOnlyList<Plant> Plants, Season Season, TimeSpan? Every);
