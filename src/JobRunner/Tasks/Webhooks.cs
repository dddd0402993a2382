using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using JobRunner.Http;
using JobRunner.Tasks.Endpoints;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Posts finished records to where their callers asked for, signed, again where it fails.</summary>
internal sealed partial class Webhooks : IDisposable
{
    public const string SecretVariable = "JOBRUNNER_WEBHOOK_SECRET";
    public const string SignatureHeader = "X-JobRunner-Signature";

    private const int MaxAttempts = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly WebhookTargets _targets;
    private readonly HttpClient _client;
    private readonly byte[]? _secret;
    private readonly TimeSpan _firstPause;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();

    public Webhooks(WebhookTargets targets, string? secret, TimeSpan firstPause, TimeProvider time, ILogger<Webhooks> logger)
    {
        _targets = targets;
        _secret = string.IsNullOrEmpty(secret) ? null : Encoding.UTF8.GetBytes(secret);
        _firstPause = firstPause;
        _time = time;
        _logger = logger;
        _client = new HttpClient(targets.CreateHandler()) { Timeout = Patience };
    }

    /// <summary>Says what is wrong with a target; null where it may be used.</summary>
    public string? Check(string url) => _targets.Check(url);

    /// <summary>Begins to send a finished record, where it asks for that.</summary>
    public void Send(TaskRecord record)
    {
        if (record.WebhookUrl is { } url && _targets.Check(url) is null)
            _ = SendAsync(url, record);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _client.Dispose();
        _stopping.Dispose();
    }

    private async Task SendAsync(string url, TaskRecord record)
    {
        var body = TaskJson.Of(record).ToArray();
        var stopping = _stopping.Token;
        for (var attempt = 1; attempt <= MaxAttempts && !stopping.IsCancellationRequested; attempt++)
        {
            try
            {
                using var request = Request(url, body);
                using var response = await _client.SendAsync(request, stopping);
                if (response.IsSuccessStatusCode)
                    return;
                Refused(_logger, record.Id, attempt, (int)response.StatusCode);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
            {
                Failed(_logger, record.Id, attempt, exception.Message);
            }

            if (attempt < MaxAttempts)
            {
                var pause = RetryDelay.After(attempt, _firstPause, TimeSpan.FromMinutes(5));
                await Task.Delay(pause, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private HttpRequestMessage Request(string url, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(JsonResponse.MediaType);
        if (_secret is not null)
            request.Headers.Add(SignatureHeader, "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(_secret, body)));
        return request;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook of task {Task} failed, attempt {Attempt}: {Reason}")]
    private static partial void Failed(ILogger logger, string task, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook of task {Task} was answered with {Status}, attempt {Attempt}")]
    private static partial void Refused(ILogger logger, string task, int attempt, int status);
}
