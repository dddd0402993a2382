using System.Buffers;
using System.Text.Json;
using JobRunner.Jobs;
using JobRunner.Jobs.Json;

namespace JobRunner.Queues.Formats;

/// <summary>Gives the values of a message of plain fields the types of the parameters.</summary>
internal static class TextArguments
{
    public static ReadOnlyMemory<byte> Typed(ReadOnlyMemory<byte> payload, EndpointDefinition endpoint)
    {
        using var document = JsonDocument.Parse(payload);
        var buffer = new ArrayBufferWriter<byte>(payload.Length);
        using var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions);
        writer.WriteStartObject();
        foreach (var field in document.RootElement.EnumerateObject())
        {
            writer.WritePropertyName(field.Name);
            if (field.Value.ValueKind != JsonValueKind.String
                || endpoint.Binder.Find(field.Name) is not { } parameter || parameter.Type == typeof(string))
                field.Value.WriteTo(writer);
            else
                writer.WriteRawValue(RequestValues.ToJson(parameter, field.Value.GetString()));
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
