using System.Collections;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobRunner.Jobs.Json;
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

    /// <summary>What a request's route, query or headers give for a parameter, as the JSON that a payload would hold.</summary>
    /// <returns>Null where it is not taken from them, or they do not hold it.</returns>
    /// <exception cref="ArgumentBindingException">The value does not fit the parameter.</exception>
    public static string? JsonOf(ParameterDefinition parameter, HttpContext http)
    {
        if (parameter.Source == ParameterSource.File || !TryRead(parameter, http, out _))
            return null;
        return parameter.Source switch
        {
            ParameterSource.Route => ToJson(parameter.Type, http.Request.RouteValues[parameter.SourceName]!.ToString()!),
            ParameterSource.Query => ToJson(parameter, FindQuery(parameter, http.Request.Query)),
            _ => ToJson(parameter, http.Request.Headers[parameter.SourceName]),
        };
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

        var names = ArgumentNames<string>.Create([(parameter.SourceName, parameter.SourceName)], out _)!;
        var given = files.Where(file => names.TryFind(file.Name, out _)).ToList();
        if (IsFileList(parameter.Type))
        {
            value = given;
            return given.Count > 0;
        }

        var file = given.FirstOrDefault();
        value = file is null ? null : parameter.Type == typeof(Stream) ? file.OpenReadStream() : file;
        return file is not null;
    }

    /// <summary>Whether a parameter takes several files of one name.</summary>
    public static bool IsFileList(Type type) => type != typeof(object) && type.IsAssignableFrom(typeof(List<IFormFile>));

    private static bool TryParse(ParameterDefinition parameter, StringValues values, out object? value)
    {
        value = null;
        if (values.Count == 0)
            return false;
        value = parameter.Type == typeof(string) ? values[^1] ?? string.Empty : ReadJson(parameter, ToJson(parameter, values));
        return true;
    }

    /// <summary>Writes the values that a request gives for a parameter as JSON, in so far as they are any; a list takes
    /// them all, other types the last.</summary>
    public static string ToJson(ParameterDefinition parameter, StringValues values)
    {
        var isList = parameter.Json is { Kind: JsonTypeInfoKind.Enumerable, ElementType: not null };
        return isList && !(values.Count == 1 && values[0]!.StartsWith('[') && IsJson(values[0]!))
            ? $"[{string.Join(",", values.Select(text => ToJson(parameter.Json!.ElementType!, text ?? string.Empty)))}]"
            : ToJson(parameter.Type, values[^1] ?? string.Empty);
    }

    private static object? Parse(ParameterDefinition parameter, string text) =>
        parameter.Type == typeof(string) ? text : ReadJson(parameter, ToJson(parameter.Type, text));

    // A request's text has no types of its own: what JSON would write bare is taken bare, the rest is a string.
    private static string ToJson(Type declared, string text)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(bool) && bool.TryParse(text, out var flag))
            return flag ? "true" : "false";
        var mayBeBare = text.Length > 0 && (IsNumber(type)
            ? text[0] == '-' || char.IsAsciiDigit(text[0])
            : !IsText(type) && text[0] is '{' or '[');
        return mayBeBare && IsJson(text) ? text : JsonSerializer.Serialize(text);
    }

    private static bool IsJson(string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), JobJson.ReaderOptions);
            while (reader.Read())
            {
                // Reading to the end is the check.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsNumber(Type type) => !type.IsEnum && (type.IsPrimitive && type != typeof(char)
        || type == typeof(decimal) || type == typeof(System.Numerics.BigInteger) || type == typeof(Half) || type == typeof(Int128) || type == typeof(UInt128));

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
