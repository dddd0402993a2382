using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobRunner.Jobs.Json;

/// <summary>Makes <see cref="StrictEnumConverter{T}"/> for every enum that has no converter of the job's own; those that
/// come with the serializer would take numbers.</summary>
internal sealed class StrictEnumConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum
        && (typeToConvert.GetCustomAttribute<JsonConverterAttribute>(inherit: false)?.ConverterType is not { } own
            || own.Assembly == typeof(JsonConverter).Assembly);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(StrictEnumConverter<>).MakeGenericType(typeToConvert))!;
}

/// <summary>Reads enums by declared name, in any case, never by number; writes the declared name. Flags are names
/// separated by commas.</summary>
internal sealed class StrictEnumConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private readonly Dictionary<string, T> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, T> _exact = new(StringComparer.Ordinal);
    private readonly bool _isFlags = Attribute.IsDefined(typeof(T), typeof(FlagsAttribute));

    public StrictEnumConverter()
    {
        foreach (var name in Enum.GetNames<T>())
        {
            _exact[name] = Enum.Parse<T>(name);
            _values.TryAdd(name, _exact[name]);
        }
    }

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()!) : throw new JsonException();

    public override T ReadAsPropertyName(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString());

    private T Parse(string text)
    {
        if (_exact.TryGetValue(text, out var value) || _values.TryGetValue(text, out value))
            return value;
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        if (!_isFlags || names.Length < 2 || !Array.TrueForAll(names, _values.ContainsKey))
            throw new JsonException();
        return Enum.Parse<T>(text, ignoreCase: true);
    }
}
