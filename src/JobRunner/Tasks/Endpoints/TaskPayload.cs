using System.Buffers;
using System.Text.Json;
using JobRunner.Execution;
using JobRunner.Http;
using JobRunner.Jobs;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace JobRunner.Tasks.Endpoints;

/// <summary>Reads the payload of a call that runs later, under the rules of the synchronous call. What would be taken from
/// path, query and headers joins the payload, since the request is gone when the call runs.</summary>
internal static class TaskPayload
{
    /// <summary>Reads the payload; null where the request was refused, which is then its answer.</summary>
    /// <param name="http">The request.</param>
    /// <param name="job">The job; null while it loads.</param>
    /// <param name="endpoint">The endpoint; null while the job loads.</param>
    /// <param name="settings">Limits.</param>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        HttpContext http, LoadedJob? job, EndpointDefinition? endpoint, HttpSettings settings)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = settings.MaxBodySize;
        try
        {
            var payload = await ReadBodyAsync(http, endpoint, settings);
            return payload is null || job is null || endpoint is null ? payload : WithRequestValues(payload.Value, http, endpoint);
        }
        catch (BadHttpRequestException exception)
        {
            Refusals.Unreadable(http, exception, settings);
        }
        catch (ArgumentBindingException exception)
        {
            ErrorResponse.Write(http, StatusCodes.Status400BadRequest, JobFailure.Of(exception));
        }
        catch (Exception exception) when (exception is ConnectionResetException or OperationCanceledException)
        {
            http.Response.StatusCode = JobOutcome.ClientClosedRequest;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            Refusals.BadPayload(http, new PayloadProblem($"the form cannot be read: {exception.Message}", "form_invalid", null));
        }

        return null;
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(
        HttpContext http, EndpointDefinition? endpoint, HttpSettings settings)
    {
        if (endpoint is { Binder.AcceptsFiles: true } && http.Request.HasFormContentType)
        {
            var form = await http.Request.ReadFormAsync(settings.FormOptions);
            if (form.Files.Count == 0)
                return FormPayload.Of(form, endpoint);
            ErrorResponse.Refuse(
                http, StatusCodes.Status415UnsupportedMediaType, "UnsupportedMediaType",
                "files cannot be sent with an asynchronous call; send them with a synchronous one");
            return null;
        }

        var body = await RequestBody.ReadAsync(http.Request.BodyReader);
        var bytes = RequestBody.WithoutByteOrderMark(body.Bytes).ToArray();
        body.Release();
        var payload = new ReadOnlySequence<byte>(bytes);
        if (!RequestBody.IsPlain(http.Request))
            Refusals.UnsupportedEncoding(http);
        else if (PayloadCheck.IsAbsent(payload))
            return ReadOnlyMemory<byte>.Empty;
        else if (!RequestBody.IsJson(http.Request))
            Refusals.UnsupportedMediaType(http, endpoint?.Binder.AcceptsFiles == true);
        else if (PayloadCheck.Find(payload) is { } problem)
            Refusals.BadPayload(http, problem);
        else
            return bytes;
        return null;
    }

    private static ReadOnlyMemory<byte> WithRequestValues(
        ReadOnlyMemory<byte> payload, HttpContext http, EndpointDefinition endpoint)
    {
        var values = endpoint.Parameters
            .Select(parameter => (parameter.Name, Json: RequestValues.JsonOf(parameter, http)))
            .Where(value => value.Json is not null)
            .ToList();
        if (values.Count == 0)
            return payload;

        // As text, so that what binding would refuse or a result could not say, twice the same name or NaN, is kept.
        using var given = JsonDocument.Parse(payload.IsEmpty ? endpoint.Example ?? PayloadCheck.EmptyObject : payload);
        var extended = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(extended, JobJson.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var property in given.RootElement.EnumerateObject())
                property.WriteTo(writer);
            foreach (var (name, json) in values)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(json!);
            }

            writer.WriteEndObject();
        }

        return extended.WrittenMemory;
    }
}
