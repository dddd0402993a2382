using System.Buffers;
using System.Text;
using JobRunner.Execution;
using JobRunner.Http;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace JobRunner.Tasks;

/// <summary>Keeps the answer that a synchronous caller would have got: the same code writes it.</summary>
internal static class CapturedResponse
{
    public static async Task<TaskOutcome> OfAsync(
        JobOutcome outcome,
        JobDefinition definition,
        EndpointDefinition endpoint,
        IServiceProvider services,
        TaskFeed? feed)
    {
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { RequestServices = services, RequestAborted = outcome.ReadToken };
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        try
        {
            if (outcome.IsSuccess && outcome.Value is not null && endpoint.StreamReader is not null)
                await CollectAsync(http, outcome, definition, endpoint, feed);
            else
                await new ResultResponse(definition, endpoint).WriteAsync(http, outcome);
        }
        catch (Exception exception)
        {
            // A result may fail while it is read: what was written of it is no answer.
            outcome.FailWhileRead(exception);
        }

        if (outcome.Failure is { } failure && http.Response.StatusCode < 400)
        {
            await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
            body.SetLength(0);
            http.Response.Headers.Clear();
            ErrorResponse.Write(http, outcome.Status, failure);
        }

        await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        return Read(http.Response, body.ToArray(), outcome.Failure);
    }

    private static async Task CollectAsync(
        HttpContext http,
        JobOutcome outcome,
        JobDefinition definition,
        EndpointDefinition endpoint,
        TaskFeed? feed)
    {
        var item = new ArrayBufferWriter<byte>(256);
        var output = http.Response.BodyWriter;
        var count = 0L;
        await foreach (var value in endpoint.StreamReader!(outcome.Value!, outcome.ReadToken).WithCancellation(outcome.ReadToken))
        {
            item.ResetWrittenCount();
            ResultWriter.Write(item, value, endpoint.ResultJson, definition.JsonOptions);
            output.Write(count++ == 0 ? "["u8 : ","u8);
            output.Write(item.WrittenSpan);
            feed?.Add(new NewTaskEvent(TaskEventKinds.Output, Encoding.UTF8.GetString(item.WrittenSpan)));
            await output.FlushAsync(CancellationToken.None);
        }

        output.Write(count == 0 ? "[]"u8 : "]"u8);
        http.Response.ContentType = JsonResponse.MediaType;
    }

    private static TaskOutcome Read(HttpResponse response, byte[] body, JobFailure? failure)
    {
        var headers = response.Headers
            .Where(header => header.Key is not ("Content-Type" or "Content-Length" or "Transfer-Encoding"))
            .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var isError = response.StatusCode >= 400;
        return new TaskOutcome
        {
            HttpStatus = response.StatusCode,
            MediaType = response.ContentType,
            Headers = headers,
            Result = body,
            Error = failure?.Message ?? (isError ? $"the call was answered with {response.StatusCode}" : null),
            ErrorType = failure?.Type ?? (isError ? "HttpError" : null),
        };
    }
}
