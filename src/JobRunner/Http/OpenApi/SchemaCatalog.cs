using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using JobRunner.Jobs;

namespace JobRunner.Http.OpenApi;

/// <summary>JSON schemas of types; those of objects are shared between all operations.</summary>
internal sealed class SchemaCatalog(JobDefinition? definition)
{
    public const string Prefix = "#/components/schemas/";
    private const string ErrorName = "Error";

    private readonly SortedDictionary<string, JsonNode> _schemas = new(StringComparer.Ordinal) { [ErrorName] = Error() };
    private readonly Dictionary<JsonTypeInfo, string> _names = [];

    /// <summary>A response with the one form that all errors have.</summary>
    public static JsonObject ErrorResponse(string description) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject
        {
            [JsonResponse.MediaType] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = Prefix + ErrorName } },
        },
    };

    /// <summary>Schema of a type, or a reference to it.</summary>
    public JsonNode Of(JsonTypeInfo info, bool allowsNull)
    {
        var schema = SchemaOf(info);
        if (!allowsNull || schema is not JsonObject { Count: > 0 } closed || AllowsNull(closed))
            return schema;
        if (closed["type"] is not JsonValue type || closed.ContainsKey("enum"))
            return new JsonObject { ["anyOf"] = new JsonArray(closed, new JsonObject { ["type"] = "null" }) };
        closed["type"] = new JsonArray(type.GetValue<string>(), "null");
        return closed;
    }

    public JsonObject ToJson() => new(_schemas.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));

    private JsonNode SchemaOf(JsonTypeInfo info)
    {
        if (_names.TryGetValue(info, out var known))
            return new JsonObject { ["$ref"] = Prefix + known };
        if (ListOf(info) is { } list)
            return list;
        var exported = info.GetJsonSchemaAsNode(SchemaDetails.Exporter(definition!.Documentation));
        var schema = exported is JsonObject tree ? tree : new JsonObject();
        var hasReferences = HasReferences(schema);
        if (info.Kind != JsonTypeInfoKind.Object && !hasReferences)
            return schema;
        var name = NameOf(info);
        _names[info] = name;
        if (hasReferences)
            Rebase(schema, Prefix + name);
        _schemas[name] = schema;
        return new JsonObject { ["$ref"] = Prefix + name };
    }

    // Objects in lists are shared like any other.
    private JsonObject? ListOf(JsonTypeInfo info)
    {
        var rank = info.Type.IsArray ? info.Type.GetArrayRank() : 1;
        var element = rank > 1 ? info.Type.GetElementType() : info.Kind == JsonTypeInfoKind.Enumerable ? info.ElementType : null;
        if (element is null || (!info.Type.IsArray && !info.Type.GenericTypeArguments.Contains(element)))
            return null;
        var elementInfo = info.Options.GetTypeInfo(element);
        return rank > 1 || elementInfo.Kind != JsonTypeInfoKind.None ? SchemaDetails.Nested(SchemaOf(elementInfo), rank) : null;
    }

    private string NameOf(JsonTypeInfo info)
    {
        var name = new StringBuilder();
        foreach (var character in TypeNames.Of(info.Type))
            name.Append(char.IsAsciiLetterOrDigit(character) || character is '_' or '-' ? character : '_');
        var unique = name.ToString();
        for (var number = 2; _schemas.ContainsKey(unique); number++)
            unique = $"{name}_{number}";
        return unique;
    }

    private static bool AllowsNull(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => types.Any(type => type?.GetValue<string>() == "null"),
        _ => false,
    };

    private static bool HasReferences(JsonNode? node) => node switch
    {
        JsonObject tree => tree.ContainsKey("$ref") || tree.Any(entry => HasReferences(entry.Value)),
        JsonArray list => list.Any(HasReferences),
        _ => false,
    };

    // The exporter writes references from the root of the schema it makes, which is not the root of this document.
    private static void Rebase(JsonNode? node, string root)
    {
        switch (node)
        {
            case JsonObject tree:
                if (tree["$ref"] is JsonValue reference && reference.GetValue<string>() is ['#', .. var rest])
                    tree["$ref"] = root + rest;
                foreach (var (_, child) in tree.ToList())
                    Rebase(child, root);
                break;
            case JsonArray list:
                foreach (var child in list)
                    Rebase(child, root);
                break;
        }
    }

    private static JsonObject Error() => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("error", "type"),
        ["properties"] = new JsonObject
        {
            ["error"] = new JsonObject { ["type"] = "string", ["description"] = "What is wrong, in one sentence." },
            ["type"] = new JsonObject { ["type"] = "string", ["description"] = "Name of the exception type." },
            ["detail"] = new JsonObject
            {
                ["description"] = "Of the host's own refusals alone: the reason, or for 422 where the body is wrong.",
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["type"] = "string" },
                    new JsonObject { ["type"] = "array", ["items"] = Problem() }),
            },
        },
    };

    private static JsonObject Problem() => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("loc", "msg", "type"),
        ["properties"] = new JsonObject
        {
            ["loc"] = new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject { ["type"] = new JsonArray("string", "integer") },
                ["description"] = "Path to the place, with the offset in bytes where it is known.",
            },
            ["msg"] = new JsonObject { ["type"] = "string", ["description"] = "What is wrong there." },
            ["type"] = new JsonObject { ["type"] = "string", ["description"] = "Kind of the problem, for programs." },
        },
    };
}
