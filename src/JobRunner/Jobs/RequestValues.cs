using System.Collections;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace JobRunner.Jobs;

/// <summary>Reads arguments from a request's route, query, headers and files.</summary>
internal static class RequestValues
{
    /// <summary>Reads the value of a parameter.</summary>
    /// <returns>False where the request does not hold it.</returns>
    /// <exception cref="ArgumentBindingException">The value does not fit the parameter.</exception>
    public static bool TryRead(ParameterDefinition parameter, HttpContext http, out object? value)
    {
        value = null;
        switch (parameter.Source)
        {
            case ParameterSource.Route:
                if (http.Request.RouteValues[parameter.SourceName]?.ToString() is not { } segment)
                    return false;
                value = Parse(parameter, segment);
                return true;
            case ParameterSource.Query:
                return TryParse(parameter, FindQuery(parameter, http.Request.Query), out value);
            case ParameterSource.Header:
                return TryParse(parameter, http.Request.Headers[parameter.SourceName], out value);
            case ParameterSource.File:
                return TryReadFile(parameter, http, out value);
            default:
                return false;
        }
    }

    private static StringValues FindQuery(ParameterDefinition parameter, IQueryCollection query)
    {
        if (query.TryGetValue(parameter.SourceName, out var values))
            return values;
        var names = ArgumentNames<string>.Create([(parameter.SourceName, parameter.SourceName)], out _)!;
        foreach (var (key, candidate) in query)
        {
            if (names.TryFind(key, out _))
                return candidate;
        }

        return StringValues.Empty;
    }

    private static bool TryReadFile(ParameterDefinition parameter, HttpContext http, out object? value)
    {
        value = null;
        if (!http.Request.HasFormContentType)
            return false;
        var files = http.Request.Form.Files;
        if (typeof(IFormFileCollection).IsAssignableFrom(parameter.Type))
        {
            value = files;
            return true;
        }

        if (parameter.Type.IsAssignableFrom(typeof(List<IFormFile>)) && parameter.Type != typeof(object))
        {
            value = files.GetFiles(parameter.SourceName).ToList();
            return true;
        }

        var file = files.GetFile(parameter.SourceName);
        value = file is null ? null : parameter.Type == typeof(Stream) ? file.OpenReadStream() : file;
        return file is not null;
    }

    private static bool TryParse(ParameterDefinition parameter, StringValues values, out object? value)
    {
        value = null;
        if (values.Count == 0)
            return false;
        var isList = parameter.Json is { Kind: JsonTypeInfoKind.Enumerable, ElementType: not null };
        value = isList && !(values.Count == 1 && values[0]!.StartsWith('['))
            ? ParseList(parameter, values)
            : Parse(parameter, values[^1] ?? string.Empty);
        return true;
    }

    private static object? ParseList(ParameterDefinition parameter, StringValues values)
    {
        var element = parameter.Json!.ElementType!;
        var json = $"[{string.Join(",", values.Select(text => ToJson(element, text ?? string.Empty)))}]";
        return ReadJson(parameter, json);
    }

    private static object? Parse(ParameterDefinition parameter, string text) =>
        parameter.Type == typeof(string) ? text : ReadJson(parameter, ToJson(parameter.Type, text));

    // A request's text has no types of its own: what JSON would write bare is taken bare, the rest is a string.
    private static string ToJson(Type declared, string text)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(bool) && bool.TryParse(text, out var flag))
            return flag ? "true" : "false";
        var isBare = (IsNumber(type) && LooksLikeNumber(text))
            || (!IsText(type) && (text.StartsWith('{') || text.StartsWith('[')));
        return isBare ? text : JsonSerializer.Serialize(text);
    }

    private static bool LooksLikeNumber(string text) => text.Length > 0 && (text[0] == '-' || char.IsAsciiDigit(text[0]))
        && !text.Equals("-Infinity", StringComparison.Ordinal);

    private static bool IsNumber(Type type) => !type.IsEnum && (type.IsPrimitive && type != typeof(char)
        || type == typeof(decimal) || type == typeof(Half) || type == typeof(Int128) || type == typeof(UInt128));

    private static bool IsText(Type type) =>
        type == typeof(string) || type == typeof(char) || type.IsEnum
        || (type.IsValueType && !typeof(IEnumerable).IsAssignableFrom(type) && type != typeof(JsonElement));

    private static object? ReadJson(ParameterDefinition parameter, string json)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
            reader.Read();
            var value = ArgumentReader.Read(ref reader, parameter);
            while (reader.Read())
            {
                // Trailing text is an error of the reader's own.
            }

            return value;
        }
        catch (JsonException exception)
        {
            throw new ArgumentBindingException(
                $"argument '{parameter.Name}' must be {parameter.TypeName}, which its text is not", exception);
        }
    }
}
