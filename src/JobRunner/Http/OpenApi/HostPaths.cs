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
                "parameters", "API", "List the parameters of /perform", "Required parameters first.", "application/json");
        }

        paths["/live"] = Probe("live", "Whether the process is alive; it may not be ready yet");
        paths["/ready"] = Probe("ready", "Whether the job is ready for calls");
        paths["/health"] = Probe("health", "State of the host and the job");
        paths["/metrics"] = Get("metrics", "root", "Metrics in Prometheus text format", "The metrics.", "text/plain");
    }

    private static JsonObject Probe(string id, string summary)
    {
        var item = Get(id, "root", summary, "Yes.", "application/json");
        item["get"]!["responses"]!["500"] = Response("No.", "application/json");
        return item;
    }

    private static JsonObject Get(string id, string tag, string summary, string answer, string mediaType) => new()
    {
        ["get"] = new JsonObject
        {
            ["operationId"] = id,
            ["tags"] = new JsonArray(tag),
            ["summary"] = summary,
            ["description"] = summary + ".",
            ["responses"] = new JsonObject
            {
                ["200"] = Response(answer, mediaType),
                ["401"] = SchemaCatalog.ErrorResponse("A token is needed and missing or wrong."),
            },
        },
    };

    private static JsonObject Response(string description, string mediaType) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject
        {
            [mediaType] = new JsonObject
            {
                ["schema"] = mediaType == "text/plain" ? new JsonObject { ["type"] = "string" } : new JsonObject(),
            },
        },
    };
}
