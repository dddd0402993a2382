using System.Globalization;
using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Tasks;

/// <summary>Reading records and counting them.</summary>
internal sealed partial class NatsTaskStore
{
    public Task<TaskRecord?> GetAsync(string id, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var bucket = await OpenedAsync(cancellationToken);
        return await ReadAsync(bucket, id, cancellationToken) is { } stored ? await WholeAsync(bucket, stored, cancellationToken) : null;
    });

    public Task<TaskPage> ListAsync(TaskQuery query, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var before = query.After is null ? (long.MaxValue, "") : Cursor(query.After);
        await CurrentAsync(cancellationToken);
        var limit = Math.Clamp(query.Limit, 1, TaskQuery.MaxLimit);
        var found = _index.All()
            .Where(stored => (stored.Order, stored.Task.Id).CompareTo(before) < 0 && Matches(stored.Task, query))
            .OrderByDescending(stored => (stored.Order, stored.Task.Id))
            .Take(limit + 1)
            .ToArray();
        var page = found.Take(limit).ToArray();
        var next = found.Length > limit ? string.Create(CultureInfo.InvariantCulture, $"{page[^1].Order}:{page[^1].Task.Id}") : null;
        return new TaskPage([.. page.Select(Listed)], next);
    });

    public Task<QueueStatus> InspectAsync(string queue, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        await CurrentAsync(cancellationToken);
        return Status(queue, _index.All().Where(stored => stored.Task.Queue == queue));
    });

    public Task<IReadOnlyList<QueueStatus>> InspectAllAsync(CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<QueueStatus>>(async () =>
        {
            await CurrentAsync(cancellationToken);
            var tasks = _index.All().ToLookup(stored => stored.Task.Queue, StringComparer.Ordinal);
            var queues = tasks.Select(group => group.Key).Union(_index.Paused(), StringComparer.Ordinal);
            return [.. queues.Order(StringComparer.Ordinal).Select(queue => Status(queue, tasks[queue]))];
        });

    public Task<IReadOnlyList<TaskRecord>> PeekAsync(string queue, int max, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<TaskRecord>>(async () =>
        {
            var bucket = await CurrentAsync(cancellationToken);
            var now = _time.GetUtcNow();
            var waiting = _index.Active()
                .Where(stored => stored.Task.Queue == queue && stored.Task.Status == TaskState.Queued)
                .OrderBy(stored => stored.Task.NotBefore is { } due && due > now ? due : DateTimeOffset.MinValue)
                .ThenByDescending(stored => stored.Task.Priority)
                .ThenBy(stored => stored.Order)
                .Take(max);
            return await Task.WhenAll(waiting.Select(stored => WholeAsync(bucket, stored, cancellationToken)));
        });

    private static TaskRecord Listed(StoredTask stored) =>
        stored.Record with { Result = stored.ResultKey is null ? default(ReadOnlyMemory<byte>?) : ReadOnlyMemory<byte>.Empty };

    private static bool Matches(TaskRecord task, TaskQuery query)
    {
        if (query.Status is { } status && task.Status != status) return false;
        if (query.Queue is { } queue && task.Queue != queue) return false;
        if (query.Search is not { Length: > 0 } search) return true;
        string?[] texts = [task.Id, task.Endpoint, task.Caller, task.TracingId, task.Error];
        return Array.Exists(texts, text => text?.Contains(search, StringComparison.Ordinal) == true);
    }

    private static (long Order, string Id) Cursor(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var order)
            ? (order, text[(colon + 1)..])
            : throw new FormatException("The cursor is none of this store's.");
    }

    private QueueStatus Status(string queue, IEnumerable<StoredTask> tasks)
    {
        var now = _time.GetUtcNow();
        long depth = 0, scheduled = 0, running = 0, dead = 0;
        DateTimeOffset? oldest = null, next = null;
        foreach (var task in tasks.Select(stored => stored.Task))
        {
            if (task.Status.IsLeased()) running++;
            else if (task.Status == TaskState.Failed) dead++;
            else if (task.Status != TaskState.Queued) continue;
            else if (task.NotBefore is { } due && due > now)
            {
                scheduled++;
                if (next is null || due < next) next = due;
            }
            else
            {
                depth++;
                var since = task.NotBefore is { } waited && waited > task.CreatedAt ? waited : task.CreatedAt;
                if (oldest is null || since < oldest) oldest = since;
            }
        }

        return new QueueStatus(queue)
        {
            Depth = depth,
            Scheduled = scheduled,
            Running = running,
            DeadLetters = dead,
            OldestAt = oldest,
            NextDueAt = next,
            IsPaused = _index.IsPaused(queue),
        };
    }
}
