using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace JobRunner.Http;

/// <summary>Reads the body of a call.</summary>
internal static class RequestBody
{
    private static readonly PipeOptions Collecting = new(pauseWriterThreshold: 0, useSynchronizationContext: false);

    /// <summary>
    /// Waits for the whole body. One that has arrived already stays in the reader's own buffers. Either way the reader
    /// that holds it is released afterwards.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body is larger than allowed, or broken off.</exception>
    public static ValueTask<ReceivedBody> ReadAsync(PipeReader reader)
    {
        try
        {
            if (reader.TryRead(out var result))
            {
                if (result.IsCompleted)
                    return new ValueTask<ReceivedBody>(new ReceivedBody(reader, result.Buffer));
                reader.AdvanceTo(result.Buffer.Start);
            }
        }
        catch (IOException exception) when (IsMalformed(exception))
        {
            throw Malformed(exception);
        }

        return CollectAsync(reader);
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

    // The server cannot take back a read that looked at bytes without consuming them: when the body is then broken off,
    // its connection is left with that read open, and fails. What comes in pieces is therefore consumed piece by piece.
    private static async ValueTask<ReceivedBody> CollectAsync(PipeReader reader)
    {
        var pipe = new Pipe(Collecting);
        try
        {
            await reader.CopyToAsync(pipe.Writer);
        }
        catch (IOException exception) when (IsMalformed(exception))
        {
            throw Malformed(exception);
        }

        await pipe.Writer.CompleteAsync();
        var result = await pipe.Reader.ReadAsync();
        return new ReceivedBody(pipe.Reader, result.Buffer);
    }

    // The server tells of a piece whose size is beyond all bounds as if the connection had failed.
    private static bool IsMalformed(IOException exception) =>
        exception is not (BadHttpRequestException or ConnectionResetException);

    private static BadHttpRequestException Malformed(IOException exception) =>
        new($"the body cannot be read: {exception.Message}", StatusCodes.Status400BadRequest, exception);
}
