using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobRunner.Jobs.Json;

namespace JobRunner.Jobs;

/// <summary>Holds nested JSON against a <see cref="ValueShape"/>, and rewrites it where names are spelled another
/// way.</summary>
internal static class ValueShapeReader
{
    /// <summary>Walks one value, from its first token to its last.</summary>
    /// <returns>Whether a name must be rewritten before the serializer reads the value.</returns>
    /// <exception cref="JsonException">A null stands where none is allowed; the path is in the message.</exception>
    public static bool Check(ref Utf8JsonReader reader, ValueShape? shape, string path)
    {
        switch (shape?.Kind, reader.TokenType)
        {
            case (JsonTypeInfoKind.Object, JsonTokenType.StartObject):
                return CheckMembers(ref reader, shape, path);
            case (JsonTypeInfoKind.Dictionary, JsonTokenType.StartObject):
                return CheckElements(ref reader, shape, path, JsonTokenType.EndObject);
            case (JsonTypeInfoKind.Enumerable, JsonTokenType.StartArray):
                return CheckElements(ref reader, shape, path, JsonTokenType.EndArray);
            default:
                reader.Skip();
                return false;
        }
    }

    /// <summary>Copies one value with every name as the type declares it.</summary>
    public static ReadOnlyMemory<byte> Rewrite(ref Utf8JsonReader reader, ValueShape? shape)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions))
        {
            Copy(ref reader, writer, shape);
        }

        return buffer.WrittenMemory;
    }

    private static bool CheckMembers(ref Utf8JsonReader reader, ValueShape shape, string path)
    {
        var rewrite = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Find(ref reader, shape, out var isExact);
            rewrite |= member is not null && !isExact;
            reader.Read();
            rewrite |= member?.Shape is null
                ? Check(ref reader, shape: null, path)
                : Check(ref reader, member.Shape, $"{path}.{member.JsonName}");
        }

        return rewrite;
    }

    private static bool CheckElements(ref Utf8JsonReader reader, ValueShape shape, string path, JsonTokenType end)
    {
        var rewrite = false;
        for (var index = 0; reader.Read() && reader.TokenType != end; index++)
        {
            var key = index.ToString();
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                key = reader.GetString();
                reader.Read();
            }

            if (reader.TokenType == JsonTokenType.Null && !shape.ElementAllowsNull)
                throw new JsonException($"null is not allowed at {path}[{key}]");
            rewrite |= Check(ref reader, shape.Element, shape.Element is null ? path : $"{path}[{key}]");
        }

        return rewrite;
    }

    private static ValueShape.Member? Find(ref Utf8JsonReader reader, ValueShape shape, out bool isExact)
    {
        isExact = true;
        if (reader is { HasValueSequence: false, ValueIsEscaped: false }
            && shape.Members!.TryFindExact(reader.ValueSpan, out var member))
            return member;
        if (!shape.Members!.TryFind(reader.GetString()!, out member))
            return null;
        isExact = reader.ValueTextEquals(member.JsonName);
        return member;
    }

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer, ValueShape? shape)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var member = shape?.Members is null ? null : Find(ref reader, shape, out _);
                    writer.WritePropertyName(member?.JsonName ?? reader.GetString()!);
                    reader.Read();
                    Copy(ref reader, writer, member is null ? shape?.Element : member.Shape);
                }

                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    Copy(ref reader, writer, shape?.Element);
                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(reader.GetString());
                break;
            default:
                writer.WriteRawValue(
                    reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan, skipInputValidation: true);
                break;
        }
    }
}
