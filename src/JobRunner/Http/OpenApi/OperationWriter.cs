using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using JobRunner.Jobs;

namespace JobRunner.Http.OpenApi;

/// <summary>Describes one endpoint.</summary>
internal sealed partial class OperationWriter(EndpointDefinition endpoint, SchemaCatalog schemas)
{
    /// <summary>The path as OpenAPI writes it: names of parameters alone, without constraints or defaults.</summary>
    public static string PathOf(EndpointDefinition endpoint) => RouteParameter().Replace(endpoint.Path, "{${name}}");

    public JsonObject Write()
    {
        var isPerform = endpoint.Path == EndpointDiscovery.PerformPath;
        var summary = isPerform ? "Call main action" : $"Call auxiliary endpoint: {endpoint.Path}";
        var documentation = string.Join("\n\n", new[] { endpoint.Summary, endpoint.Remarks }.OfType<string>());
        var operation = new JsonObject
        {
            ["operationId"] = isPerform
                ? "perform"
                : $"auxiliary_endpoint_{NotInIds().Replace(endpoint.Path, "_")}{(endpoint.HttpMethod == "GET" ? "_get" : string.Empty)}",
            ["tags"] = new JsonArray([.. endpoint.Tags.Select(tag => (JsonNode)tag)]),
            ["summary"] = isPerform || endpoint.Summary is null ? summary : endpoint.Summary,
            ["description"] = documentation.Length == 0 ? summary : documentation,
        };
        if (Parameters() is { Count: > 0 } parameters)
            operation["parameters"] = parameters;
        if (endpoint.HttpMethod != "GET")
            operation["requestBody"] = RequestBody();
        operation["responses"] = Responses();
        return operation;
    }

    private JsonArray Parameters()
    {
        var list = new JsonArray();
        foreach (var parameter in endpoint.Parameters)
        {
            var place = parameter.Source switch
            {
                ParameterSource.Route => "path",
                ParameterSource.Query => "query",
                ParameterSource.Header => "header",
                _ => null,
            };
            if (place is null)
                continue;
            var item = new JsonObject
            {
                ["name"] = parameter.SourceName,
                ["in"] = place,
                ["required"] = place == "path" || !parameter.IsOptional,
                ["schema"] = SchemaOf(parameter),
            };
            if (parameter.Description is { } description)
                item["description"] = description;
            list.Add(item);
        }

        return list;
    }

    private JsonObject RequestBody()
    {
        var schema = BodySchema();
        var media = new JsonObject { ["schema"] = schema };
        if (endpoint.Example is { } example)
            media["example"] = JsonNode.Parse(example.Span);
        var content = new JsonObject();
        if (endpoint.Binder.AcceptsFiles)
            content["multipart/form-data"] = media;
        else
            content[JsonResponse.MediaType] = media;
        return new JsonObject
        {
            ["description"] = endpoint.Example is null ? "The arguments." : "The arguments; without a body, those of the example.",
            ["required"] = false,
            ["content"] = content,
        };
    }

    private JsonNode BodySchema()
    {
        var body = endpoint.Parameters.FirstOrDefault(parameter => parameter.Source == ParameterSource.Body);
        if (body is not null)
            return SchemaOf(body);
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var parameter in endpoint.Parameters.Where(
            parameter => parameter.Source is ParameterSource.Payload or ParameterSource.File))
        {
            var schema = parameter.Source == ParameterSource.File ? FileSchema(parameter) : SchemaOf(parameter);
            properties[parameter.Name] = schema;
            if (!parameter.IsOptional)
                required.Add(parameter.Name);
        }

        var collectsMore = endpoint.Parameters.Any(parameter => parameter.Source == ParameterSource.ExtraArguments);
        var result = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = collectsMore };
        if (required.Count > 0)
            result["required"] = required;
        return result;
    }

    private static JsonObject FileSchema(ParameterDefinition parameter)
    {
        var file = new JsonObject { ["type"] = "string", ["format"] = "binary" };
        var isList = typeof(System.Collections.IEnumerable).IsAssignableFrom(parameter.Type);
        return isList ? new JsonObject { ["type"] = "array", ["items"] = file } : file;
    }

    private JsonNode SchemaOf(ParameterDefinition parameter)
    {
        var schema = schemas.Of(parameter.Json!, parameter.AllowsNull);
        if (schema is not JsonObject details)
            return schema;
        foreach (var rule in parameter.Rules)
            SchemaDetails.AddRule(details, rule, parameter.Json!.Options);
        if (parameter.Description is { } description)
            details["description"] = description;
        if (parameter.IsOptional && parameter.DefaultJson(parameter.Json!.Options) is { } value)
            details["default"] = value;
        return details;
    }

    private JsonObject Responses()
    {
        var responses = new JsonObject
        {
            ["200"] = Success(),
            ["400"] = SchemaCatalog.ErrorResponse("An argument is missing, unknown or of the wrong type, or the job refused it."),
            ["401"] = SchemaCatalog.ErrorResponse("A token is needed and missing or wrong."),
        };
        if (endpoint.HttpMethod != "GET")
        {
            responses["413"] = SchemaCatalog.ErrorResponse("The body is too large.");
            responses["415"] = SchemaCatalog.ErrorResponse("The body is of another media type.");
            responses["422"] = SchemaCatalog.ErrorResponse("The body is no JSON object.");
        }

        responses["429"] = Busy();
        responses["500"] = SchemaCatalog.ErrorResponse("The job failed.");
        responses["503"] = SchemaCatalog.ErrorResponse("The job is still loading, failed to load, or is stopping.");
        responses["504"] = SchemaCatalog.ErrorResponse("The call took longer than its timeout.");
        return responses;
    }

    private static JsonObject Busy()
    {
        var response = SchemaCatalog.ErrorResponse("As many calls run and wait as may.");
        response["content"]![JsonResponse.MediaType]!["example"] = new JsonObject
        {
            ["error"] = "too many requests",
            ["type"] = "TooManyRequests",
            ["detail"] = "too many requests waiting in a queue. Job is set to process 8 requests concurrently with a queue of max size 16",
        };
        response["headers"] = new JsonObject
        {
            ["Retry-After"] = new JsonObject
            {
                ["description"] = "Seconds after which to try again.",
                ["schema"] = new JsonObject { ["type"] = "integer" },
            },
        };
        return response;
    }

    private JsonObject Success()
    {
        var content = new JsonObject();
        var type = endpoint.ResultType;
        if (endpoint.MediaType is { } mediaType && (type == typeof(byte[]) || type == typeof(Stream) || type == typeof(string)))
        {
            content[mediaType] = new JsonObject { ["schema"] = Binary(type == typeof(string)) };
        }
        else if (type == typeof(Stream))
        {
            content["application/octet-stream"] = new JsonObject { ["schema"] = Binary(isText: false) };
        }
        else if (endpoint.StreamElementType is not null)
        {
            content[JsonResponse.MediaType] = new JsonObject
            {
                ["schema"] = new JsonObject { ["type"] = "array", ["items"] = ResultSchema(endpoint.ResultJson) },
            };
            content["text/event-stream"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } };
        }
        else
        {
            content[JsonResponse.MediaType] = new JsonObject { ["schema"] = ResultSchema(endpoint.ResultJson) };
        }

        return new JsonObject { ["description"] = endpoint.Returns ?? "The result.", ["content"] = content };
    }

    private JsonNode ResultSchema(JsonTypeInfo? result) =>
        result is not null ? schemas.Of(result, allowsNull: false)
        : endpoint.ResultType == typeof(void) ? new JsonObject { ["type"] = "null" }
        : new JsonObject();

    private static JsonObject Binary(bool isText) =>
        isText ? new JsonObject { ["type"] = "string" } : new JsonObject { ["type"] = "string", ["format"] = "binary" };

    [GeneratedRegex(@"\{\*{0,2}(?<name>[^}:=?]+)[^}]*\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RouteParameter();

    [GeneratedRegex("[^A-Za-z0-9]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotInIds();
}
