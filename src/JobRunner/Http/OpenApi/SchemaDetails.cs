using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using JobRunner.Jobs;

namespace JobRunner.Http.OpenApi;

/// <summary>Adds to an exported schema what the exporter cannot know: types with converters of our own, formats,
/// descriptions and data annotations.</summary>
internal static class SchemaDetails
{
    /// <summary>How schemas are exported.</summary>
    public static JsonSchemaExporterOptions Exporter(XmlDocumentation documentation) => new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (context, node) => Complete(context, node, documentation),
    };

    private static JsonObject Complete(JsonSchemaExporterContext context, JsonNode node, XmlDocumentation documentation)
    {
        var schema = node as JsonObject ?? Known(context, documentation) ?? [];
        AddFormat(schema, Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type);
        if (context.PropertyInfo?.AttributeProvider is not { } member)
            return schema;
        foreach (var rule in member.GetCustomAttributes(typeof(ValidationAttribute), inherit: true).Cast<ValidationAttribute>())
            AddRule(schema, rule, context.TypeInfo.Options);
        if (member is PropertyInfo property && documentation.Property(property) is { } description)
            schema["description"] = description;
        return schema;
    }

    /// <summary>Writes a data annotation in the schema's own words, where it has some.</summary>
    public static void AddRule(JsonObject schema, ValidationAttribute rule, JsonSerializerOptions options)
    {
        switch (rule)
        {
            case RangeAttribute range:
                schema[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = Number(range.Minimum);
                schema[range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum"] = Number(range.Maximum);
                break;
            case StringLengthAttribute length:
                schema["minLength"] = length.MinimumLength;
                schema["maxLength"] = length.MaximumLength;
                break;
            case LengthAttribute length:
                schema[IsList(schema) ? "minItems" : "minLength"] = length.MinimumLength;
                schema[IsList(schema) ? "maxItems" : "maxLength"] = length.MaximumLength;
                break;
            case MinLengthAttribute length:
                schema[IsList(schema) ? "minItems" : "minLength"] = length.Length;
                break;
            case MaxLengthAttribute { Length: >= 0 } length:
                schema[IsList(schema) ? "maxItems" : "maxLength"] = length.Length;
                break;
            case RegularExpressionAttribute expression:
                schema["pattern"] = $"^(?:{expression.Pattern})$";
                break;
            case AllowedValuesAttribute allowed:
                schema["enum"] = JsonSerializer.SerializeToNode(allowed.Values, options);
                break;
            case EmailAddressAttribute:
                schema["format"] = "email";
                break;
            case UrlAttribute:
                schema["format"] = "uri";
                break;
        }
    }

    // What the serializer leaves to a converter, the exporter knows nothing of.
    private static JsonObject? Known(JsonSchemaExporterContext context, XmlDocumentation documentation)
    {
        var type = context.TypeInfo.Type;
        var value = Nullable.GetUnderlyingType(type) ?? type;
        JsonObject? schema = null;
        if (value == typeof(double) || value == typeof(float) || value == typeof(Half))
        {
            schema = new JsonObject { ["type"] = "number" };
        }
        else if (value == typeof(System.Numerics.BigInteger))
        {
            schema = new JsonObject { ["type"] = "integer" };
        }
        else if (value.IsEnum)
        {
            schema = new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray([.. Enum.GetNames(value).Select(name => (JsonNode)name)]),
            };
            if (value.IsDefined(typeof(FlagsAttribute)))
                schema.Remove("enum");
        }
        else if (type.IsArray && type.GetArrayRank() > 1)
        {
            var element = context.TypeInfo.Options.GetTypeInfo(type.GetElementType()!);
            schema = Nested(element.GetJsonSchemaAsNode(Exporter(documentation)), type.GetArrayRank());
        }

        if (schema is not null && value != type)
        {
            schema["type"] = new JsonArray(schema["type"]!.GetValue<string>(), "null");
            (schema["enum"] as JsonArray)?.Add(null);
        }

        return schema;
    }

    /// <summary>Lists of lists of an element.</summary>
    public static JsonObject Nested(JsonNode element, int rank)
    {
        var schema = element;
        for (var level = 0; level < rank; level++)
            schema = new JsonObject { ["type"] = "array", ["items"] = schema is JsonObject ? schema : new JsonObject() };
        return (JsonObject)schema;
    }

    private static void AddFormat(JsonObject schema, Type type)
    {
        var format = type == typeof(int) ? "int32"
            : type == typeof(long) ? "int64"
            : type == typeof(float) ? "float"
            : type == typeof(double) ? "double"
            : type == typeof(byte[]) ? "byte"
            : null;
        if (format is not null)
            schema["format"] = format;
    }

    private static bool IsList(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => types.Any(type => type?.GetValue<string>() == "array"),
        JsonValue type => type.GetValue<string>() == "array",
        _ => false,
    };

    private static JsonNode Number(object bound) => bound switch
    {
        int number => number,
        double number => number,
        _ => decimal.TryParse(Convert.ToString(bound, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out var number)
            ? number
            : JsonValue.Create(bound.ToString())!,
    };
}
