using System.Buffers;
using System.Globalization;
using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace JobRunner.Http;

/// <summary>Turns requests for one endpoint into calls, and their outcomes into responses.</summary>
internal sealed class CallHandler(
    LoadedJob job, JobPipeline pipeline, ServedJob served, EndpointDefinition endpoint, HttpSettings settings)
{
    private static readonly ReadOnlySequence<byte> NoArguments = new(PayloadCheck.EmptyObject);

    private readonly bool _watchesClient =
        endpoint.Binder.ObservesCancellation || endpoint.StreamElementType is not null || settings.Timeout is not null;

    private readonly bool _takesBody = endpoint.HttpMethod != HttpMethods.Get;
    private readonly ResultResponse _response = new(job.Definition, endpoint);

    public Task HandleAsync(HttpContext http)
    {
        if (served.IsRefusing)
        {
            Refusals.Stopping(http);
            return Task.CompletedTask;
        }

        if (!_takesBody)
            return RunAsync(http, NoArguments);
        if (endpoint.Binder.AcceptsFiles && http.Request.HasFormContentType)
            return HandleFormAsync(http);
        LimitBody(http);
        return HandleJsonAsync(http);
    }

    private async Task HandleJsonAsync(HttpContext http)
    {
        ReceivedBody body;
        try
        {
            body = await RequestBody.ReadAsync(http.Request.BodyReader);
        }
        catch (BadHttpRequestException exception)
        {
            Refusals.Unreadable(http, exception, settings);
            return;
        }
        catch (Exception exception) when (exception is ConnectionResetException or OperationCanceledException)
        {
            Refusals.ClientGone(http);
            return;
        }

        try
        {
            await HandleJsonAsync(http, body.Bytes);
        }
        finally
        {
            body.Release();
        }
    }

    private Task HandleJsonAsync(HttpContext http, ReadOnlySequence<byte> body)
    {
        body = RequestBody.WithoutByteOrderMark(body);
        if (!RequestBody.IsPlain(http.Request))
        {
            Refusals.UnsupportedEncoding(http);
            return Task.CompletedTask;
        }

        if (PayloadCheck.IsAbsent(body))
            return RunAsync(http, endpoint.Example is { } example ? new(example) : NoArguments);
        if (!RequestBody.IsJson(http.Request))
            Refusals.UnsupportedMediaType(http, endpoint.Binder.AcceptsFiles);
        else if (PayloadCheck.Find(body) is { } problem)
            Refusals.BadPayload(http, problem);
        else
            return RunAsync(http, body);
        return Task.CompletedTask;
    }

    private async Task HandleFormAsync(HttpContext http)
    {
        LimitBody(http);
        ReadOnlyMemory<byte> payload;
        try
        {
            payload = FormPayload.Of(await http.Request.ReadFormAsync(settings.FormOptions), endpoint);
        }
        catch (BadHttpRequestException exception)
        {
            Refusals.Unreadable(http, exception, settings);
            return;
        }
        catch (ArgumentBindingException exception)
        {
            ErrorResponse.Write(http, StatusCodes.Status400BadRequest, JobFailure.Of(exception));
            return;
        }
        catch (Exception exception) when (exception is ConnectionResetException or OperationCanceledException)
        {
            Refusals.ClientGone(http);
            return;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            Refusals.BadPayload(http, new PayloadProblem($"the form cannot be read: {exception.Message}", "form_invalid", null));
            return;
        }

        await RunAsync(http, new ReadOnlySequence<byte>(payload));
    }

    private async Task RunAsync(HttpContext http, ReadOnlySequence<byte> payload)
    {
        if (!TryReadTimeout(http, out var timeout))
        {
            ErrorResponse.Refuse(
                http, StatusCodes.Status400BadRequest, "BadRequest",
                $"{JobHeaders.Timeout} must be a number of seconds greater than 0");
            return;
        }

        var headers = http.Request.Headers;
        var call = new JobCall
        {
            Endpoint = endpoint,
            // A call that is answered while it still runs outlives the request's buffers.
            Payload = timeout is null ? payload : new ReadOnlySequence<byte>(payload.ToArray()),
            CallerName = settings.CallerOf(http),
            TracingId = headers[settings.TracingHeader],
            PredecessorId = headers[JobHeaders.Predecessor],
            Timeout = timeout,
            HttpContext = http,
        };
        var outcome = await pipeline.RunAsync(
            call, _watchesClient || timeout is not null ? http.RequestAborted : CancellationToken.None);
        await using (outcome)
        {
            // Nobody shall send the next call over a connection that is about to end.
            if (served.IsRefusing)
                http.Response.Headers.Connection = "close";
            await _response.WriteAsync(http, outcome);
        }
    }

    private bool TryReadTimeout(HttpContext http, out TimeSpan? timeout)
    {
        timeout = settings.Timeout;
        var header = http.Request.Headers[JobHeaders.Timeout];
        if (header.Count == 0)
            return true;
        if (!double.TryParse(header[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || !double.IsFinite(seconds) || seconds <= 0)
            return false;
        var asked = seconds < HttpSettings.MaxTimeout.TotalSeconds ? TimeSpan.FromSeconds(seconds) : HttpSettings.MaxTimeout;
        timeout = timeout is { } most && most < asked ? most : asked;
        return true;
    }

    private void LimitBody(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = settings.MaxBodySize;
    }
}
