using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;
using JobRunner.Clients;
using JobRunner.Http;
using JobRunner.Jobs.Json;
using JobRunner.Telemetry;

namespace JobRunner;

/// <summary>Calls other jobs: chained calls, which carry on the tracing id, the caller's name, the trace and
/// Recordkeeper's predecessor id of the call in which they are made.</summary>
/// <remarks>
/// <para>Comes from dependency injection, as a constructor parameter of a job. <c>PUB_URL</c> is where jobs are reached;
/// <c>AUTH_TOKEN</c>, where it is set, is sent in <c>X-Racetrack-Auth</c>.</para>
/// <para>Requests go through the HTTP client of the name <see cref="HttpClientName"/>, which an application may
/// configure. Redirects are not followed: they would carry the token to somebody else.</para>
/// </remarks>
public sealed class JobClient
{
    /// <summary>Name under which the factory of HTTP clients knows the one that is used.</summary>
    public const string HttpClientName = "JobRunner.JobClient";

    private const string UrlVariable = "PUB_URL";

    private static readonly JsonSerializerOptions Json =
        new(JobJson.CreateOptions(namedFloats: false)) { PropertyNameCaseInsensitive = true };

    private readonly IHttpClientFactory _clients;
    private readonly HttpSettings _settings;
    private readonly OutgoingHeaders _headers;
    private readonly TimeProvider _time;

    internal JobClient(IHttpClientFactory clients, HttpSettings settings, TimeProvider time)
    {
        _clients = clients;
        _settings = settings;
        _headers = new OutgoingHeaders(settings);
        _time = time;
    }

    /// <summary>Calls an endpoint of another job and waits for its result.</summary>
    /// <param name="job">Name of the other job.</param>
    /// <param name="payload">Its arguments, which are sent as JSON; null to send no body.</param>
    /// <param name="options">Path, version, method and timeout; null for <c>Perform</c> of the latest version within
    /// 10 s.</param>
    /// <param name="cancellationToken">Gives up when cancelled.</param>
    /// <typeparam name="T">Type that the result is read as.</typeparam>
    /// <exception cref="JobCallException">The job could not be reached, did not answer in time, or answered with an
    /// error.</exception>
    public async Task<T> CallAsync<T>(
        string job, object? payload, JobCallOptions? options = null, CancellationToken cancellationToken = default)
    {
        var target = Target(job, options);
        using var request = Request(target, target.Options.Method, target.Path, payload);
        using var response = await SendAsync(target, request, target.Options.Timeout, cancellationToken);
        return await ReadAsync<T>(target, response, cancellationToken);
    }

    /// <summary>Starts a task of another job and waits for its result, however long it takes.</summary>
    /// <inheritdoc cref="CallAsync"/>
    public async Task<T> CallTaskAsync<T>(
        string job, object? payload, JobCallOptions? options = null, CancellationToken cancellationToken = default)
    {
        var target = Target(job, options);
        using var request = Request(target, target.Options.Method, "/async/new" + target.Path, payload);
        using var started = await SendAsync(target, request, target.Options.Timeout, cancellationToken);
        var task = await ReadAsync<StartedTask>(target, started, cancellationToken);
        var polling = new TaskPolling(
            () => Request(target, HttpMethod.Get, $"/async/task/{Uri.EscapeDataString(task.Id)}/poll", payload: null),
            (poll, timeout) => SendAsync(target, poll, timeout, cancellationToken),
            _time);
        using var response = await polling.WaitAsync(cancellationToken);
        return await ReadAsync<T>(target, response, cancellationToken);
    }

    /// <summary>Sets Recordkeeper's predecessor id for the chained calls that the current call makes from now on, in
    /// place of the one that came with it. To be called by the method that serves the call, or within it.</summary>
    /// <param name="predecessorId">Id of the record that what follows belongs to.</param>
    public static void RememberPredecessor(string predecessorId)
    {
        ArgumentException.ThrowIfNullOrEmpty(predecessorId);
        if (CallScope.Current is { } call)
            call.PredecessorId = predecessorId;
        else
            CallScope.Begin(new CallIdentity { PredecessorId = predecessorId });
    }

    private CallTarget Target(string job, JobCallOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        return new CallTarget(_settings.Identity.Name, job, options ?? new JobCallOptions());
    }

    private HttpRequestMessage Request(CallTarget target, HttpMethod method, string path, object? payload)
    {
        var url = _settings.Environment(UrlVariable)?.TrimEnd('/');
        if (!Uri.TryCreate(url + path, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw target.Failure($"the variable {UrlVariable}, where jobs are reached, is {(url is null ? "not set" : "no URL")}");
        var request = new HttpRequestMessage(method, uri);
        if (payload is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(payload, payload.GetType(), Json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json);
        }

        _headers.AddTo(request);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(
        CallTarget target, HttpRequestMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(timeout, _time);
        using var joined = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        try
        {
            return await _clients.CreateClient(HttpClientName).SendAsync(request, joined.Token);
        }
        catch (OperationCanceledException exception) when (expiry.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var cause = new TimeoutException($"no answer within {timeout.TotalSeconds:0.###} s", exception);
            throw target.Failure(cause.Message, cause);
        }
        catch (HttpRequestException exception)
        {
            throw target.Failure(exception.Message, exception);
        }
    }

    private static async Task<T> ReadAsync<T>(
        CallTarget target, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (!response.IsSuccessStatusCode)
        {
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            throw target.Refusal($"{status} {response.ReasonPhrase}".TrimEnd(), status, answer);
        }

        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            return JsonSerializer.Deserialize<T>(body, Json)!;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            throw target.Refusal($"the answer is no {typeof(T).Name} ({exception.Message})", status, answer, exception);
        }
    }
}
