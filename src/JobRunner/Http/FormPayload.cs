using System.Buffers;
using System.Text.Json;
using JobRunner.Jobs;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Makes a JSON payload of the fields of a form, so that they bind like any other argument.</summary>
internal static class FormPayload
{
    public static ReadOnlyMemory<byte> Of(IFormCollection form, EndpointDefinition endpoint)
    {
        var names = ArgumentNames<ParameterDefinition>.Create(
            endpoint.Parameters.Where(parameter => parameter.IsArgument).Select(parameter => (parameter.Name, parameter)), out _)!;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var (name, values) in form)
            {
                writer.WritePropertyName(name);
                var text = values.Count > 0 ? values[^1] ?? string.Empty : string.Empty;
                if (names.TryFind(name, out var parameter) && parameter.Type != typeof(string) && IsJson(text))
                    writer.WriteRawValue(text);
                else
                    writer.WriteStringValue(text);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = JobJson.MaxDepth - 1 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
