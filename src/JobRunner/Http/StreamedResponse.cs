using System.Buffers;
using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Writes a result while it is produced: as a JSON array, or as server-sent events where the client asks for
/// them.</summary>
internal static class StreamedResponse
{
    private const string EventStream = "text/event-stream";
    private const int FlushThreshold = 16 * 1024;

    public static async Task WriteAsync(
        HttpContext http, JobOutcome outcome, JobDefinition definition, EndpointDefinition endpoint)
    {
        var asEvents = WantsEvents(http.Request);
        var items = endpoint.StreamReader!(outcome.Value!, outcome.ReadToken);
        var buffer = new ArrayBufferWriter<byte>(256);
        var count = 0L;
        try
        {
            await using var enumerator = items.GetAsyncEnumerator(outcome.ReadToken);

            // Until the first item is there, an error can still have its own status.
            var hasItem = await enumerator.MoveNextAsync();
            Start(http.Response, asEvents);
            while (hasItem)
            {
                buffer.ResetWrittenCount();
                buffer.Write(asEvents ? "data: "u8 : count == 0 ? "["u8 : ","u8);
                ResultWriter.Write(buffer, enumerator.Current, endpoint.ResultJson, definition.JsonOptions);
                if (asEvents)
                    buffer.Write("\n\n"u8);
                count++;
                var next = enumerator.MoveNextAsync();
                await SendAsync(http, buffer, mustFlush: !next.IsCompleted);
                hasItem = await next;
            }

            if (!asEvents)
                http.Response.BodyWriter.Write(count == 0 ? "[]"u8 : "]"u8);
        }
        catch (OperationCanceledException exception) when (http.RequestAborted.IsCancellationRequested)
        {
            outcome.FailWhileRead(exception);
        }
        catch (Exception exception)
        {
            outcome.FailWhileRead(exception);
            Fail(http, outcome, asEvents, hasBegun: count > 0);
        }
    }

    private static bool WantsEvents(HttpRequest request) =>
        request.Headers.Accept.Any(value => value?.Contains(EventStream, StringComparison.OrdinalIgnoreCase) == true);

    private static void Start(HttpResponse response, bool asEvents)
    {
        response.ContentType = asEvents ? EventStream : JsonResponse.MediaType;
        if (!asEvents)
            return;
        response.Headers.CacheControl = "no-cache";

        // Proxies that buffer would hold events back.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    private static async ValueTask SendAsync(HttpContext http, ArrayBufferWriter<byte> buffer, bool mustFlush)
    {
        var body = http.Response.BodyWriter;
        body.Write(buffer.WrittenSpan);
        if (mustFlush || body.UnflushedBytes > FlushThreshold)
            await body.FlushAsync(http.RequestAborted);
    }

    private static void Fail(HttpContext http, JobOutcome outcome, bool asEvents, bool hasBegun)
    {
        var failure = outcome.Failure!;
        if (!hasBegun && !http.Response.HasStarted)
        {
            ErrorResponse.Write(http, outcome.Status, failure);
        }
        else if (asEvents)
        {
            http.Response.BodyWriter.Write("event: error\ndata: "u8);
            ResultWriter.Write(
                http.Response.BodyWriter,
                new Dictionary<string, string>(StringComparer.Ordinal) { ["error"] = failure.Message, ["type"] = failure.Type },
                declared: null,
                HostJson.Options);
            http.Response.BodyWriter.Write("\n\n"u8);
        }
        else
        {
            // Half an array must not look whole.
            http.Abort();
        }
    }
}
