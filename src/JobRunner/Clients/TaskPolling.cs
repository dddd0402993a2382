using System.Net;
using System.Text.Json.Serialization;

namespace JobRunner.Clients;

/// <summary>Waits for the end of a task. One poll waits at the other side for a while; the task goes on whatever becomes
/// of the connection.</summary>
internal sealed class TaskPolling(
    Func<HttpRequestMessage> poll, Func<HttpRequestMessage, TimeSpan, Task<HttpResponseMessage>> sendAsync, TimeProvider time)
{
    private const int MaxLostPolls = 5;

    /// <summary>More than the 30 s that the other side waits, and than most proxies do.</summary>
    private static readonly TimeSpan PollTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Keeps an intermediary that answers at once from being asked without a pause.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <returns>The task's own answer, whatever its status.</returns>
    public async Task<HttpResponseMessage> WaitAsync(CancellationToken cancellationToken)
    {
        for (var lost = 0; ;)
        {
            var started = time.GetTimestamp();
            try
            {
                using var request = poll();
                var response = await sendAsync(request, PollTimeout);
                if (!IsUnfinished(response.StatusCode))
                    return response;
                response.Dispose();
                lost = 0;
            }
            catch (JobCallException exception) when (exception.InnerException is TimeoutException || ++lost < MaxLostPolls)
            {
                // The next poll asks again.
            }

            if (Pause - time.GetElapsedTime(started) is { Ticks: > 0 } rest)
                await Task.Delay(rest, time, cancellationToken);
        }
    }

    private static bool IsUnfinished(HttpStatusCode status) =>
        status is HttpStatusCode.Accepted or HttpStatusCode.RequestTimeout or HttpStatusCode.GatewayTimeout;
}

/// <summary>Answer to the request that starts a task.</summary>
internal sealed record StartedTask([property: JsonPropertyName("task_id")] string Id);
