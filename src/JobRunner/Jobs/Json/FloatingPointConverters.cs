using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobRunner.Jobs.Json;

/// <summary>Reads and writes <see cref="double"/>: a number out of range is refused, NaN and infinities are read from
/// their names and written as null or, where asked for, by name.</summary>
internal sealed class DoubleConverter(bool named) : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return NonFinite.Read(ref reader);
        return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var value) && double.IsFinite(value)
            ? value
            : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            NonFinite.Write(writer, value, named);
    }
}

/// <summary>The same for <see cref="float"/>.</summary>
internal sealed class SingleConverter(bool named) : JsonConverter<float>
{
    public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return (float)NonFinite.Read(ref reader);
        return reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out var value) && float.IsFinite(value)
            ? value
            : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
    {
        if (float.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            NonFinite.Write(writer, value, named);
    }
}

/// <summary>The same for <see cref="Half"/>.</summary>
internal sealed class HalfConverter(bool named) : JsonConverter<Half>
{
    public override Half Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return (Half)NonFinite.Read(ref reader);
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var value))
            throw new JsonException();
        var half = (Half)value;
        return Half.IsFinite(half) ? half : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, Half value, JsonSerializerOptions options)
    {
        if (Half.IsFinite(value))
            writer.WriteNumberValue((float)value);
        else
            NonFinite.Write(writer, (double)value, named);
    }
}

internal static class NonFinite
{
    public static double Read(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("NaN"u8))
            return double.NaN;
        if (reader.ValueTextEquals("Infinity"u8))
            return double.PositiveInfinity;
        return reader.ValueTextEquals("-Infinity"u8) ? double.NegativeInfinity : throw new JsonException();
    }

    public static void Write(Utf8JsonWriter writer, double value, bool named)
    {
        if (!named)
            writer.WriteNullValue();
        else if (double.IsNaN(value))
            writer.WriteStringValue("NaN"u8);
        else
            writer.WriteStringValue(value > 0 ? "Infinity"u8 : "-Infinity"u8);
    }
}
