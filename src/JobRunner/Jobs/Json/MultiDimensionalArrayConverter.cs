using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobRunner.Jobs.Json;

/// <summary>Makes <see cref="MultiDimensionalArrayConverter{T}"/> for arrays of two dimensions and more.</summary>
internal sealed class MultiDimensionalArrayConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsArray && typeToConvert.GetArrayRank() > 1;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(
            typeof(MultiDimensionalArrayConverter<>).MakeGenericType(typeToConvert.GetElementType()!),
            typeToConvert)!;
}

/// <summary>Reads and writes <c>T[,]</c>, <c>T[,,]</c> and so on as nested lists.</summary>
internal sealed class MultiDimensionalArrayConverter<T>(Type arrayType) : JsonConverter<Array>
{
    private readonly int _rank = arrayType.GetArrayRank();

    public override bool CanConvert(Type typeToConvert) => typeToConvert == arrayType;

    public override Array Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var lengths = new int[_rank];
        Array.Fill(lengths, -1);
        var values = new List<T>();
        ReadLevel(ref reader, 0, lengths, values, options);

        // A dimension that no list stands for has no elements: [] is an array of 0 by 0.
        var array = Array.CreateInstance(typeof(T), Array.ConvertAll(lengths, length => Math.Max(length, 0)));
        var index = new int[_rank];
        foreach (var value in values)
        {
            array.SetValue(value, index);
            Advance(index, lengths);
        }

        return array;
    }

    public override void Write(Utf8JsonWriter writer, Array value, JsonSerializerOptions options) =>
        WriteLevel(writer, value, new int[_rank], 0, options);

    private void ReadLevel(
        ref Utf8JsonReader reader, int level, int[] lengths, List<T> values, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException($"A list nested {_rank} deep is expected.");
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            if (level + 1 < _rank)
                ReadLevel(ref reader, level + 1, lengths, values, options);
            else
                values.Add(JsonSerializer.Deserialize<T>(ref reader, options)!);
        }

        if (lengths[level] >= 0 && lengths[level] != count)
            throw new JsonException($"All lists of dimension {level + 1} must be of one length.");
        lengths[level] = count;
    }

    private void WriteLevel(Utf8JsonWriter writer, Array array, int[] index, int level, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        for (index[level] = 0; index[level] < array.GetLength(level); index[level]++)
        {
            if (level + 1 < _rank)
                WriteLevel(writer, array, index, level + 1, options);
            else
                JsonSerializer.Serialize(writer, (T)array.GetValue(index)!, options);
        }

        writer.WriteEndArray();
    }

    private static void Advance(int[] index, int[] lengths)
    {
        for (var level = index.Length - 1; level >= 0; level--)
        {
            if (++index[level] < lengths[level])
                return;
            index[level] = 0;
        }
    }
}
