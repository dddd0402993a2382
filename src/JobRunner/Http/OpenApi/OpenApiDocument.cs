using System.Text.Json;
using System.Text.Json.Nodes;
using JobRunner.Execution;
using JobRunner.Jobs;

namespace JobRunner.Http.OpenApi;

/// <summary>Describes a job's HTTP API as an OpenAPI 3.1 document, from its C# signatures.</summary>
internal static class OpenApiDocument
{
    private const string Version = "3.1.0";

    /// <summary>Writes the document.</summary>
    /// <param name="definition">The job; null while it is still loading.</param>
    /// <param name="identity">Name and version of the job.</param>
    public static byte[] Create(JobDefinition? definition, JobIdentity identity)
    {
        var schemas = new SchemaCatalog(definition);
        var paths = new JsonObject();
        foreach (var endpoint in definition?.Endpoints ?? [])
        {
            var path = JobPaths.Api + OperationWriter.PathOf(endpoint);
            var item = paths[path] as JsonObject ?? [];
            item[endpoint.HttpMethod.ToLowerInvariant()] = new OperationWriter(endpoint, schemas).Write();
            paths[path] = item;
        }

        HostPaths.AddTo(paths, definition is not null);
        return JsonSerializer.SerializeToUtf8Bytes(Document(definition, identity, paths, schemas), HostJson.Options);
    }

    private static JsonObject Document(
        JobDefinition? definition, JobIdentity identity, JsonObject paths, SchemaCatalog schemas) => new()
    {
        ["openapi"] = Version,
        ["info"] = new JsonObject
        {
            ["title"] = $"Job - {identity.Name}",
            ["description"] = definition?.Summary ?? "A job served over HTTP.",
            ["version"] = identity.Version,
        },
        ["servers"] = new JsonArray(
            new JsonObject { ["url"] = identity.BaseUrl, ["description"] = "proxy prefixed path" },
            new JsonObject { ["url"] = "/", ["description"] = "root base path" }),
        ["tags"] = Tags(definition),
        ["paths"] = paths,
        ["components"] = new JsonObject
        {
            ["schemas"] = schemas.ToJson(),
            ["securitySchemes"] = new JsonObject
            {
                ["racetrack_auth"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = JobHeaders.Auth },
            },
        },
        ["security"] = new JsonArray(new JsonObject { ["racetrack_auth"] = new JsonArray() }),
    };

    private static JsonArray Tags(JobDefinition? definition)
    {
        var names = (definition?.Endpoints ?? []).SelectMany(endpoint => endpoint.Tags).Append("root").Distinct(StringComparer.Ordinal);
        return [.. names.Select(name => (JsonNode)new JsonObject
        {
            ["name"] = name,
            ["description"] = name == "root" ? "The host: probes, metrics" : "The job's own endpoints",
        })];
    }
}
