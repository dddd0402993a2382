using System.Buffers;
using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Writes the outcome of a call as a response.</summary>
internal sealed class ResultResponse(JobDefinition definition, EndpointDefinition endpoint)
{
    private const int LargestKeptBuffer = 1024 * 1024;

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
                WriteBytes(http.Response, bytes);
                return Task.CompletedTask;
            case string text when IsText(endpoint.MediaType):
                http.Response.ContentType = endpoint.MediaType;
                return http.Response.WriteAsync(text);
            case not null when endpoint.StreamReader is not null:
                return StreamedResponse.WriteAsync(http, outcome, definition, endpoint);
            default:
                WriteJson(http, outcome);
                return Task.CompletedTask;
        }
    }

    // The result is made whole before the status is sent, so that one that cannot be written is a 500 and not half a body.
    private void WriteJson(HttpContext http, JobOutcome outcome)
    {
        var buffer = Interlocked.Exchange(ref _buffer, null) ?? new ArrayBufferWriter<byte>(256);
        try
        {
            ResultWriter.Write(buffer, outcome, definition, endpoint);
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
    }

    private void WriteBytes(HttpResponse response, byte[] bytes)
    {
        response.ContentType = endpoint.MediaType;
        response.ContentLength = bytes.Length;
        response.BodyWriter.Write(bytes);
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
