using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace JobRunner.Jobs;

/// <summary>Reads one argument of a payload, strictly, with errors that name it.</summary>
internal static partial class ArgumentReader
{
    private static readonly object True = true;
    private static readonly object False = false;

    /// <exception cref="ArgumentBindingException">The value does not fit the parameter.</exception>
    public static object? Read(ref Utf8JsonReader reader, ParameterDefinition parameter)
    {
        if (reader.TokenType == JsonTokenType.Null && !parameter.AllowsNull)
            throw new ArgumentBindingException($"argument '{parameter.Name}' must be {parameter.TypeName}, not null");
        if (TryReadScalar(ref reader, parameter.Type, out var scalar))
            return scalar;

        var start = reader;
        try
        {
            return parameter.Shape is null
                ? JsonSerializer.Deserialize(ref reader, parameter.Json!)
                : ReadShaped(ref reader, parameter);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw Mismatch(ref start, parameter, exception);
        }
        catch (NotSupportedException exception)
        {
            throw new ArgumentBindingException(
                $"argument '{parameter.Name}' must be {parameter.TypeName}, which cannot be made of this JSON", exception);
        }
    }

    /// <summary>Name of the property that the reader stands at.</summary>
    /// <exception cref="ArgumentBindingException">The name is no valid text.</exception>
    public static string Name(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new ArgumentBindingException("an argument's name is no valid Unicode text", exception);
        }
    }

    private static object? ReadShaped(ref Utf8JsonReader reader, ParameterDefinition parameter)
    {
        var check = reader;
        if (!ValueShapeReader.Check(ref check, parameter.Shape, parameter.Name))
            return JsonSerializer.Deserialize(ref reader, parameter.Json!);
        return JsonSerializer.Deserialize(
            ValueShapeReader.Rewrite(ref reader, parameter.Shape).Span, parameter.Json!);
    }

    // The types that most jobs take, without the serializer's set-up per value.
    private static bool TryReadScalar(ref Utf8JsonReader reader, Type type, out object? value)
    {
        value = null;
        if (type == typeof(int))
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var number))
                return false;
            value = number;
            return true;
        }

        if (type == typeof(bool) && reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            value = reader.TokenType == JsonTokenType.True ? True : False;
            return type == typeof(bool);
        }

        if (type != typeof(string) || reader is not { TokenType: JsonTokenType.String, ValueIsEscaped: false })
            return false;
        value = reader.GetString();
        return true;
    }

    private static ArgumentBindingException Mismatch(
        ref Utf8JsonReader reader, ParameterDefinition parameter, Exception exception)
    {
        var path = (exception as JsonException)?.Path is { Length: > 1 } inner ? inner[1..] : string.Empty;
        if (path.Length == 0)
        {
            var reason = exception is JsonException { Path: null } own && own.Message.Contains(" at ", StringComparison.Ordinal)
                ? own.Message
                : $"got {Describe(ref reader)}{NamesOf(parameter.Type)}";
            return new ArgumentBindingException(
                $"argument '{parameter.Name}' must be {parameter.TypeName}; {reason}", exception);
        }

        var target = TargetType().Match(exception.Message);
        var expectation = target.Success
            ? $"no valid {(TypeAt(parameter.Json, path) is { } type ? TypeNames.Of(type) : TypeNames.OfRuntimeName(target.Groups["type"].Value))}"
            : exception.Message.Split(" Path:")[0].TrimEnd('.');
        return new ArgumentBindingException(
            $"argument '{parameter.Name}' must be {parameter.TypeName}; at '{parameter.Name}{path}': {expectation}", exception);
    }

    // The serializer names the type that it was making when a part of it did not fit.
    private static Type? TypeAt(JsonTypeInfo? info, string path)
    {
        foreach (Match step in PathStep().Matches(path))
        {
            var inner = info is { Kind: JsonTypeInfoKind.Object }
                ? info.Properties.FirstOrDefault(property => property.Name == step.Groups["name"].Value)?.PropertyType
                : info?.ElementType;
            info = inner is null ? null : info!.Options.GetTypeInfo(inner);
        }

        return info?.Type;
    }

    private static string NamesOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum && !type.IsDefined(typeof(JsonConverterAttribute), inherit: false)
            ? $", which is none of {string.Join(", ", Enum.GetNames(type))}"
            : string.Empty;
    }

    private static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => reader.HasValueSequence || reader.ValueSpan.Length > 40
            ? "a number"
            : $"the number {System.Text.Encoding.UTF8.GetString(reader.ValueSpan)}",
    };

    [GeneratedRegex(@"\.(?<name>[^.\[\]]+)|\[[^\]]*\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathStep();

    [GeneratedRegex(
        @"could not be converted to (?<type>[^\s]+?)\. Path",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex TargetType();
}
