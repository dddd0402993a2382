using System.Globalization;
using System.Text;
using JobRunner.Http;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Tasks.Endpoints;

/// <summary>Shows what happens to a task while it happens, as server-sent events; a reader that comes back with the id of
/// its last event misses nothing.</summary>
internal sealed class EventStream(ITaskStore store, PollStop stop, TimeProvider time)
{
    private const int PageSize = 500;

    /// <summary>A comment at least this often, so that proxies keep the connection and a gone client is noticed.</summary>
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    public async Task WriteAsync(HttpContext http, string id)
    {
        var text = http.Request.Headers[TaskHeaders.LastEventId].ToString();
        var after = 0L;
        if (text.Length > 0 && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            ErrorResponse.Refuse(http, StatusCodes.Status400BadRequest, "BadRequest", $"{TaskHeaders.LastEventId} must be the id of an event");
            return;
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";

        // Proxies that buffer would hold events back.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stop.Token);
        using var watch = store.Changes.Watch(id);
        while (!end.IsCancellationRequested)
        {
            // The state is read first: what comes before an end is then in the events that follow.
            var record = await store.GetAsync(id, CancellationToken.None);
            after = await WriteNewAsync(http, id, after);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            if (record is null || record.Status.IsFinished())
                return;
            await WaitAsync(http, watch, end.Token);
        }
    }

    private async Task<long> WriteNewAsync(HttpContext http, string id, long after)
    {
        while (true)
        {
            var events = await store.ReadEventsAsync(id, after, PageSize, CancellationToken.None);
            foreach (var item in events)
                await http.Response.WriteAsync(Text(item), http.RequestAborted);
            if (events.Count > 0)
                after = events[^1].Id;
            if (events.Count < PageSize)
                return after;
        }
    }

    private async Task WaitAsync(HttpContext http, TaskWatch watch, CancellationToken end)
    {
        using var heartbeat = new CancellationTokenSource(HeartbeatInterval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(heartbeat.Token, end);
        await watch.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (heartbeat.IsCancellationRequested)
            await http.Response.WriteAsync(": \n\n", http.RequestAborted);
    }

    private static string Text(TaskEvent item)
    {
        var text = new StringBuilder();
        text.Append("id: ").Append(item.Id).Append("\nevent: ").Append(item.Kind);
        foreach (var line in item.Data.Split('\n'))
            text.Append("\ndata: ").Append(line.TrimEnd('\r'));
        return text.Append("\n\n").ToString();
    }
}
