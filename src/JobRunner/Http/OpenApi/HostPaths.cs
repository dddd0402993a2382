using System.Text.Json.Nodes;

namespace JobRunner.Http.OpenApi;

/// <summary>The paths that every host has.</summary>
internal static class HostPaths
{
    public static void AddTo(JsonObject paths, bool hasJob)
    {
        if (hasJob)
        {
            paths[JobPaths.Api + "/parameters"] = Get(
                "parameters", "API", "List the parameters of /perform", "Required parameters first.", JsonResponse.MediaType, Parameters());
        }

        paths["/live"] = Probe("live", "Whether the process is alive; it may not be ready yet", Live());
        paths["/ready"] = Probe("ready", "Whether the job is ready for calls", Of(("ready", "boolean")));
        paths["/health"] = Probe("health", "State of the host and the job", Health());
        paths["/metrics"] = Get(
            "metrics", "root", "Metrics in Prometheus text format", "The metrics.", "text/plain", Type("string"));
    }

    private static JsonObject Probe(string id, string summary, JsonObject schema)
    {
        var item = Get(id, "root", summary, "Yes.", JsonResponse.MediaType, schema);
        item["get"]!["responses"]!["500"] = Response("No.", JsonResponse.MediaType, schema.DeepClone());
        return item;
    }

    private static JsonObject Get(string id, string tag, string summary, string answer, string mediaType, JsonNode schema) => new()
    {
        ["get"] = new JsonObject
        {
            ["operationId"] = id,
            ["tags"] = new JsonArray(tag),
            ["summary"] = summary,
            ["description"] = summary + ".",
            ["responses"] = new JsonObject
            {
                ["200"] = Response(answer, mediaType, schema),
                ["401"] = SchemaCatalog.ErrorResponse("A token is needed and missing or wrong."),
            },
        },
    };

    private static JsonObject Response(string description, string mediaType, JsonNode schema) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject { [mediaType] = new JsonObject { ["schema"] = schema } },
    };

    private static JsonObject Parameters()
    {
        var parameter = Of(("name", "string"), ("type", "string"));
        parameter["properties"]!["default_value"] = new JsonObject { ["description"] = "Of optional parameters alone." };
        return new JsonObject { ["type"] = "array", ["items"] = parameter };
    }

    private static JsonObject Live()
    {
        var live = Of(("live", "boolean"), ("deployment_timestamp", "string?"));
        live["properties"]!["error"] = new JsonObject { ["type"] = "string", ["description"] = "Why loading the job failed." };
        return live;
    }

    private static JsonObject Health()
    {
        var health = Of(
            ("service", "string"),
            ("job_name", "string"),
            ("live", "boolean"),
            ("ready", "boolean"),
            ("status", "string"),
            ("error", "string?"),
            ("job_version", "string"),
            ("git_version", "string?"),
            ("deployed_by_racetrack_version", "string?"),
            ("deployment_timestamp", "string?"),
            ("job_type_version", "string?"));
        health["properties"]!["status"]!["enum"] = new JsonArray("pass", "fail");
        return health;
    }

    // A question mark marks what may be null.
    private static JsonObject Of(params (string Name, string Type)[] properties) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray([.. properties.Select(property => (JsonNode)property.Name)]),
        ["properties"] = new JsonObject(properties.Select(property => KeyValuePair.Create(property.Name, (JsonNode?)Type(property.Type)))),
    };

    private static JsonObject Type(string name) => new()
    {
        ["type"] = name is [.. var bare, '?'] ? new JsonArray(bare, "null") : name,
    };
}
