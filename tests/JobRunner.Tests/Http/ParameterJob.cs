using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Http;

public sealed class Clock
{
    public string Now => "noon";
}

/// <summary>Parameters that come from elsewhere than a property of the payload, and rules for those that do.</summary>
public class ParameterJob
{
    public static void ConfigureServices(IServiceCollection services, IConfiguration configuration) =>
        services.AddSingleton<Clock>();

    /// <summary>Joins what it gets.</summary>
    /// <param name="firstName">Who it is.</param>
    public string Perform(string firstName, int count = 2, Colour colour = Colour.DarkGreen, double? ratio = null, List<string>? tags = null) =>
        $"{firstName}|{count}|{colour}|{ratio}|{(tags is null ? "none" : string.Join(",", tags))}";

    [JobEndpoint("/extra")]
    public object Extra(int known, [ExtraArguments] IDictionary<string, JsonElement> rest) =>
        new { known, names = string.Join(",", rest.Keys) };

    [JobEndpoint("/context")]
    public object Context(JobContext context, HttpContext http, [FromServices] Clock clock, CancellationToken token) => new
    {
        hasId = context.CallId.Length > 0,
        context.Attempt,
        context.TaskId,
        context.CallerName,
        context.TracingId,
        http.Request.Method,
        canCancel = token.CanBeCanceled,
        clock.Now,
    };

    [JobEndpoint("/rules")]
    public string Rules(
        [Range(1, 10)] int number = 5,
        [StringLength(5, MinimumLength = 2)] string text = "ab",
        [RegularExpression("[a-z]+")] string word = "a",
        [AllowedValues("x", "y")] string letter = "x",
        [MinLength(1)] List<int>? list = null,
        [Range(1, 10)] int unset = 0) => $"{number}{text}{word}{letter}{list?.Count}{unset}";

    [JobEndpoint("/required")]
    public string Required([Required] string? text = null) => text!;

    [JobEndpoint("/slow-rule")]
    public string SlowRule([RegularExpression("^(a+)+$", MatchTimeoutInMilliseconds = 50)] string text) => text;

    [JobEndpoint("/body")]
    public string Body([FromBody] Person whole) => whole.FullName;

    [JobEndpoint("/multiply/{factor}")]
    public double Multiply([FromRoute] double factor, double number) => factor * number;

    [JobEndpoint("/square/{number}", Method = "GET")]
    public int Square(int number) => number * number;

    [JobEndpoint("/search", Method = "get")]
    public string Search(
        string text, [FromQuery(Name = "page_size")] int size = 10, [FromHeader(Name = "X-Mood")] string? mood = null, [FromQuery] int[]? ids = null, Colour? colour = null, bool deep = false) =>
        $"{text}|{size}|{mood}|{string.Join(",", ids ?? [])}|{colour}|{deep}";

    [JobEndpoint("/search")]
    public string SearchByPost(string text) => $"posted {text}";

    [JobEndpoint("/file")]
    public async Task<string> File(IFormFile file, string note, int times = 1, List<string>? tags = null)
    {
        using var reader = new StreamReader(file.OpenReadStream());
        return $"{file.FileName}:{await reader.ReadToEndAsync()}:{note}:{times}:{string.Join("+", tags ?? [])}";
    }

    [JobEndpoint("/stream")]
    public async Task<long> Stream(Stream data)
    {
        using var copy = new MemoryStream();
        await data.CopyToAsync(copy);
        return copy.Length;
    }

    [JobEndpoint("/files")]
    public int Files(IFormFileCollection files) => files.Count;

    [JobEndpoint("/pages")]
    public int Pages(List<IFormFile> allPages, int number = 0) => allPages.Count + number;

    [JobEndpoint("/maybe-file")]
    public bool MaybeFile(IFormFile? file = null) => file is not null;

    [JobEndpoint("/static")]
    public static string Static() => "static";

    [JobEndpoint("/any")]
    public int Any(params int[] numbers) => numbers.Length;

    [JobEndpoint("/nothing")]
    public void Nothing()
    {
    }

    public object DocsInputExample() => new { firstName = "Ada", count = 3 };

    public IReadOnlyDictionary<string, object> DocsInputExamples() => new Dictionary<string, object>
    {
        ["/multiply/{factor}"] = new { number = 2.5 },
        ["search"] = new Dictionary<string, string> { ["text"] = "example" },
    };
}
