using System.Buffers;
using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Writes the outcome of a call as a response.</summary>
internal sealed class ResultResponse(JobDefinition definition, EndpointDefinition endpoint)
{
    /// <summary>Results up to this size are sent in one piece, and their buffer is kept for the next call of the thread.</summary>
    public const int LargestKeptBuffer = 1024 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    public Task WriteAsync(HttpContext http, JobOutcome outcome)
    {
        if (outcome.Failure is { } failure)
        {
            ErrorResponse.Write(http, outcome.Status, failure, outcome.RetryAfter);
            return Task.CompletedTask;
        }

        switch (outcome.Value)
        {
            case IResult result:
                return result.ExecuteAsync(http);
            case Stream stream:
                return WriteStreamAsync(http, stream);
            case byte[] bytes when endpoint.MediaType is not null:
                http.Response.ContentType = endpoint.MediaType;
                return JsonResponse.WriteInPiecesAsync(http.Response, bytes, http.RequestAborted);
            case string text when IsText(endpoint.MediaType):
                http.Response.ContentType = endpoint.MediaType;
                return http.Response.WriteAsync(text);
            case not null when endpoint.StreamReader is not null:
                return StreamedResponse.WriteAsync(http, outcome, definition, endpoint);
            default:
                return WriteJsonAsync(http, outcome);
        }
    }

    // The result is made whole before the status is sent, so that one that cannot be written is a 500 and not half a body.
    private Task WriteJsonAsync(HttpContext http, JobOutcome outcome)
    {
        var buffer = Interlocked.Exchange(ref _buffer, null) ?? new ArrayBufferWriter<byte>(256);
        try
        {
            ResultWriter.Write(buffer, outcome, definition, endpoint);
            if (buffer.Capacity > LargestKeptBuffer)
            {
                http.Response.ContentType = JsonResponse.MediaType;
                return JsonResponse.WriteInPiecesAsync(http.Response, buffer.WrittenMemory, http.RequestAborted);
            }

            JsonResponse.Write(http.Response, buffer.WrittenSpan);
        }
        catch (ResultNotSerializableException exception)
        {
            outcome.FailWhileRead(exception);
            ErrorResponse.Write(http, outcome.Status, outcome.Failure!);
        }

        buffer.ResetWrittenCount();
        if (buffer.Capacity <= LargestKeptBuffer)
            _buffer = buffer;
        return Task.CompletedTask;
    }

    private async Task WriteStreamAsync(HttpContext http, Stream stream)
    {
        await using (stream)
        {
            http.Response.ContentType = endpoint.MediaType ?? "application/octet-stream";
            if (stream.CanSeek)
                http.Response.ContentLength = stream.Length - stream.Position;
            await stream.CopyToAsync(http.Response.Body, http.RequestAborted);
        }
    }

    private static bool IsText(string? mediaType) =>
        mediaType is not null && !mediaType.Contains("json", StringComparison.OrdinalIgnoreCase);
}
