using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace JobRunner.Http;

/// <summary>Reads the body of a call.</summary>
internal static class RequestBody
{
    /// <summary>Waits for the whole body and leaves it in the reader's own buffers.</summary>
    /// <exception cref="BadHttpRequestException">The body is larger than allowed, or broken off.</exception>
    public static ValueTask<ReadOnlySequence<byte>> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        if (reader.TryRead(out var result))
        {
            if (result.IsCompleted)
                return new ValueTask<ReadOnlySequence<byte>>(result.Buffer);
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }

        return ReadToEndAsync(reader, cancellationToken);
    }

    /// <summary>Whether a body of this media type is read as JSON. None at all is.</summary>
    public static bool IsJson(HttpRequest request)
    {
        var contentType = request.ContentType;
        if (string.IsNullOrEmpty(contentType) || contentType == JsonResponse.MediaType)
            return true;
        return MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals(JsonResponse.MediaType, StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && (!type.Charset.HasValue
                || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether the body is not compressed or otherwise encoded.</summary>
    public static bool IsPlain(HttpRequest request)
    {
        var encodings = request.Headers.ContentEncoding;
        return encodings.Count == 0 || encodings.All(encoding => encoding is "" or "identity");
    }

    /// <summary>The body without the mark that some editors put before UTF-8 text.</summary>
    public static ReadOnlySequence<byte> WithoutByteOrderMark(in ReadOnlySequence<byte> body)
    {
        var reader = new SequenceReader<byte>(body);
        return reader.IsNext([0xEF, 0xBB, 0xBF], advancePast: true) ? reader.UnreadSequence : body;
    }

    private static async ValueTask<ReadOnlySequence<byte>> ReadToEndAsync(
        PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            if (result.IsCompleted)
                return result.Buffer;
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
