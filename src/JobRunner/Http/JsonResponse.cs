using System.Buffers;
using System.Text.Json;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Writes JSON that is whole already to a response.</summary>
internal static class JsonResponse
{
    public const string MediaType = "application/json";

    private const int PieceSize = 64 * 1024;

    /// <summary>Writes the body with its length; the server sends it when the request ends.</summary>
    public static void Write(HttpResponse response, ReadOnlySpan<byte> json)
    {
        response.ContentType = MediaType;
        response.ContentLength = json.Length;
        response.BodyWriter.Write(json);
    }

    /// <summary>Writes a large body in pieces, each sent before the next is taken: else all of it would lie in the server's
    /// buffers once more, which keep their size for a long time.</summary>
    public static async Task WriteInPiecesAsync(HttpResponse response, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        response.ContentLength = body.Length;
        while (!body.IsEmpty)
        {
            var piece = body[..Math.Min(body.Length, PieceSize)];
            response.BodyWriter.Write(piece.Span);
            if ((await response.BodyWriter.FlushAsync(cancellationToken)).IsCompleted)
                return;
            body = body[piece.Length..];
        }
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
