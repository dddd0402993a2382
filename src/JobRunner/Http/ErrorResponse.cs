using System.Buffers;
using System.Globalization;
using System.Text.Json;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Writes the one form that all errors have.</summary>
internal static class ErrorResponse
{
    /// <summary>Answers with a failure.</summary>
    public static void Write(HttpContext http, int status, JobFailure failure, TimeSpan? retryAfter = null)
    {
        var response = http.Response;
        response.StatusCode = status;
        if (retryAfter is { } delay)
            response.Headers.RetryAfter = Math.Ceiling(delay.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("error"u8, failure.Message);
            writer.WriteString("type"u8, failure.Type);
            if (failure.Detail is { } detail)
            {
                writer.WritePropertyName("detail"u8);
                JsonSerializer.Serialize(writer, detail, detail.GetType());
            }

            writer.WriteEndObject();
        }

        JsonResponse.Write(response, buffer.WrittenSpan);
    }

    /// <summary>Refuses a request for a reason of the host's own.</summary>
    public static void Refuse(HttpContext http, int status, string type, string message, TimeSpan? retryAfter = null) =>
        Write(http, status, new JobFailure(message, type, Detail: message), retryAfter);
}
