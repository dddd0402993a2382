using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobRunner.Jobs;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Makes a JSON payload of the fields of a form, so that they bind like any other argument.</summary>
internal static class FormPayload
{
    public static ReadOnlyMemory<byte> Of(IFormCollection form, EndpointDefinition endpoint)
    {
        endpoint.Binder.CheckFiles(form.Files);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var (name, values) in form)
            {
                writer.WritePropertyName(name);
                if (endpoint.Binder.Find(name) is not { } parameter)
                    writer.WriteStringValue(values.ToString());
                else if (values.Count > 1 && parameter.Json is not { Kind: JsonTypeInfoKind.Enumerable })
                    throw new ArgumentBindingException($"argument '{parameter.Name}' is given {values.Count} times");
                else if (parameter.Type == typeof(string))
                    writer.WriteStringValue(values[0]);
                else
                    writer.WriteRawValue(RequestValues.ToJson(parameter, values));
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
