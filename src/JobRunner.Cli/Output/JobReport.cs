using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using JobRunner.Jobs;

namespace JobRunner.Cli.Output;

/// <summary>What <c>inspect</c> tells about a job.</summary>
/// <param name="JobClass">Full name of the class.</param>
/// <param name="Summary">Its documentation.</param>
/// <param name="Endpoints">Its endpoints, <c>/perform</c> first.</param>
/// <param name="Warnings">What is odd but no error.</param>
internal sealed record JobReport(
    string JobClass, string? Summary, IReadOnlyList<EndpointReport> Endpoints, IReadOnlyList<string> Warnings)
{
    /// <summary>Reports what reflection found, and what the manifest gave rise to.</summary>
    public static JobReport Of(JobDefinition job, IReadOnlyList<string> manifestWarnings) => new(
        job.JobType.FullName ?? job.JobType.Name,
        job.Summary,
        [.. job.Endpoints.Select(endpoint => EndpointReport.Of(endpoint, job.JsonOptions))],
        [.. manifestWarnings, .. job.Warnings]);
}

/// <summary>One endpoint of a job.</summary>
/// <param name="Path">Its path below <c>/api/v1</c>.</param>
/// <param name="Method">Its HTTP method.</param>
/// <param name="Summary">Its documentation.</param>
/// <param name="Parameters">What a caller gives.</param>
/// <param name="Result">The type of its result, as C# writes it.</param>
/// <param name="Returns">The documentation of its result.</param>
/// <param name="Example">Its example payload.</param>
internal sealed record EndpointReport(
    string Path,
    string Method,
    string? Summary,
    IReadOnlyList<ParameterReport> Parameters,
    string Result,
    string? Returns,
    JsonElement? Example)
{
    public static EndpointReport Of(EndpointDefinition endpoint, JsonSerializerOptions json) => new(
        endpoint.Path,
        endpoint.HttpMethod,
        endpoint.Summary,
        [.. endpoint.Parameters.Where(parameter => parameter.IsArgument).Select(parameter => ParameterReport.Of(parameter, json))],
        TypeNames.Of(endpoint.ResultType),
        endpoint.Returns,
        endpoint.Example is { } example ? JsonElement.Parse(example.Span) : null);
}

/// <summary>One parameter that a caller gives.</summary>
/// <param name="Name">The name that the caller uses.</param>
/// <param name="Type">Its type, as C# writes it.</param>
/// <param name="Source">Where in the call it is taken from.</param>
/// <param name="Required">Whether a call must have it.</param>
/// <param name="DefaultValue">Its value in a call that leaves it out.</param>
/// <param name="Rules">The names of the data annotations it must satisfy.</param>
/// <param name="Description">Its documentation.</param>
internal sealed record ParameterReport(
    string Name,
    string Type,
    string Source,
    bool Required,
    JsonElement? DefaultValue,
    IReadOnlyList<string> Rules,
    string? Description)
{
    public static ParameterReport Of(ParameterDefinition parameter, JsonSerializerOptions json) => new(
        parameter.SourceName,
        parameter.TypeName,
        JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Source.ToString()),
        !parameter.IsOptional,
        parameter.IsOptional ? JsonSerializer.SerializeToElement(parameter.DefaultJson(json)) : null,
        [.. parameter.Rules.Select(NameOf)],
        parameter.Description);

    private static string NameOf(ValidationAttribute rule)
    {
        var name = rule.GetType().Name;
        return name.EndsWith(nameof(Attribute), StringComparison.Ordinal) ? name[..^nameof(Attribute).Length] : name;
    }
}
