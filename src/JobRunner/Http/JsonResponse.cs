using System.Buffers;
using System.Text.Json;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Writes JSON that is whole already to a response.</summary>
internal static class JsonResponse
{
    public const string MediaType = "application/json";

    /// <summary>Writes the body with its length; the server sends it when the request ends.</summary>
    public static void Write(HttpResponse response, ReadOnlySpan<byte> json)
    {
        response.ContentType = MediaType;
        response.ContentLength = json.Length;
        response.BodyWriter.Write(json);
    }

    /// <summary>Writes an object of the host's own.</summary>
    public static void Write<T>(HttpResponse response, int status, T body)
    {
        response.StatusCode = status;
        Write(response, JsonSerializer.SerializeToUtf8Bytes(body, HostJson.Options));
    }
}

/// <summary>JSON of the host's own answers: keys as they are written in the code.</summary>
internal static class HostJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        Encoder = JobJson.WriterOptions.Encoder,
        DictionaryKeyPolicy = null,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };
}
