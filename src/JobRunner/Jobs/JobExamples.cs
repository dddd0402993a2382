using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Jobs;

/// <summary>Reads the example payloads that a job class gives, and checks them.</summary>
internal static class JobExamples
{
    /// <summary>Largest example, in bytes of JSON.</summary>
    public const int MaxSize = 1024 * 1024;

    /// <summary>Sets the example of each endpoint that has one.</summary>
    /// <returns>Warnings about examples that no endpoint takes.</returns>
    /// <exception cref="JobLoadException">An example is no JSON object, or too large.</exception>
    public static IReadOnlyList<string> Apply(
        object job, IReadOnlyList<EndpointDefinition> endpoints, JsonSerializerOptions json)
    {
        var warnings = new List<string>();
        if (OptionalMembers.Call(job, "DocsInputExample") is { } example)
            endpoints[0].Example = Serialize(example, "DocsInputExample", EndpointDiscovery.PerformPath, json);
        var examples = OptionalMembers.Call(job, "DocsInputExamples");
        foreach (var (path, value) in OptionalMembers.Entries("DocsInputExamples", examples))
        {
            var normalized = "/" + path.Trim('/');
            var matching = endpoints.Where(endpoint =>
                string.Equals(endpoint.Path, normalized, StringComparison.OrdinalIgnoreCase)).ToList();
            if (matching.Count == 0)
                warnings.Add($"DocsInputExamples: there is no endpoint {normalized}, so its example is left out");
            foreach (var endpoint in matching.Where(endpoint => endpoint.HttpMethod == HttpMethods.Post))
                endpoint.Example = Serialize(value, "DocsInputExamples", normalized, json);
        }

        return warnings;
    }

    private static ReadOnlyMemory<byte> Serialize(
        object? example, string member, string endpoint, JsonSerializerOptions json)
    {
        byte[] bytes;
        try
        {
            bytes = JsonSerializer.SerializeToUtf8Bytes(example, example?.GetType() ?? typeof(object), json);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new JobLoadException(
                $"{member}: the example of {endpoint} cannot be written as JSON: {exception.Message}", exception);
        }

        if (bytes[0] != '{')
            throw new JobLoadException($"{member}: the example of {endpoint} must be a JSON object of arguments.");
        if (bytes.Length > MaxSize)
        {
            throw new JobLoadException(
                $"{member}: the example of {endpoint} has {bytes.Length} bytes of JSON; at most {MaxSize} are possible.");
        }

        return bytes;
    }
}
