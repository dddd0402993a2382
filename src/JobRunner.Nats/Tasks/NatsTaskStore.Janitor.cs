using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Tasks;

/// <summary>Dropping what is kept no longer.</summary>
internal sealed partial class NatsTaskStore
{
    /// <summary>A bucket is no archive: every replica has its index in memory.</summary>
    public const int MaxRecords = 100_000;

    private static readonly TimeSpan TidyInterval = TimeSpan.FromHours(1);

    /// <summary>Longer than anything is half written.</summary>
    private static readonly TimeSpan TidyAge = TimeSpan.FromMinutes(15);

    private DateTimeOffset _tidiedAt;

    public Task<int> PurgeAsync(TaskRetention retention, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var bucket = await CurrentAsync(cancellationToken);
        var now = _time.GetUtcNow();
        var ended = _index.All().Where(stored => stored.Task.Status.IsFinished()).ToList();
        var dropped = 0;
        foreach (var stored in ended.Where(stored => IsOld(stored.Task, retention, now)).ToArray())
        {
            ended.Remove(stored);
            if (await DropAsync(bucket, stored.Task.Id, stored.Revision, cancellationToken)) dropped++;
        }

        var tooMany = ended.Count - Math.Min(retention.MaxRecords, MaxRecords);
        var first = ended.OrderBy(stored => stored.Task.Status == TaskState.Failed).ThenBy(stored => stored.Task.EndedAt);
        foreach (var stored in first.Take(Math.Max(0, tooMany)))
        {
            if (await DropAsync(bucket, stored.Task.Id, stored.Revision, cancellationToken)) dropped++;
        }

        if (now - _tidiedAt >= TidyInterval)
        {
            _tidiedAt = now;
            await TidyAsync(bucket, now, cancellationToken);
        }

        return dropped;
    });

    public Task<int> DeleteAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var bucket = await OpenedAsync(cancellationToken);
        var dropped = 0;
        foreach (var id in ids)
        {
            if (await ReadAsync(bucket, id, cancellationToken) is { } stored
                && stored.Task.Status.IsFinished()
                && await DropAsync(bucket, id, stored.Revision, cancellationToken))
                dropped++;
        }

        return dropped;
    });

    private static bool IsOld(TaskRecord task, TaskRetention retention, DateTimeOffset now) =>
        now - task.EndedAt > (task.Status == TaskState.Failed ? retention.Failed : retention.Completed);

    /// <summary>The record goes first: what is left when that is all is tidied up later.</summary>
    private async Task<bool> DropAsync(KeyValueBucket bucket, string id, ulong revision, CancellationToken cancellationToken)
    {
        if (!await bucket.DeleteAsync(TaskKeys.Record(id), revision, cancellationToken)) return false;
        var word = TaskKeys.Word(id);
        _index.Remove(word, revision + 1);
        foreach (var pattern in new[] { $"{TaskKeys.PayloadPrefix}{word}", $"{TaskKeys.ResultPrefix}{word}.*", $"{TaskKeys.EventPrefix}{word}.*" })
            await bucket.EraseAsync(pattern, cancellationToken);
        return true;
    }

    /// <summary>Removes markers, keys that are forgotten, and what dead processes left half written.</summary>
    private async Task TidyAsync(KeyValueBucket bucket, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The newest change of all stays: readers wait for its number.
        var newest = _index.Revision;
        foreach (var key in await bucket.KeysAsync(">", cancellationToken))
        {
            var isRecord = key.StartsWith(TaskKeys.RecordPrefix, StringComparison.Ordinal);
            if (isRecord && _index.Contains(TaskKeys.WordOf(key))) continue;
            var isPart = key.StartsWith(TaskKeys.PayloadPrefix, StringComparison.Ordinal)
                || key.StartsWith(TaskKeys.ResultPrefix, StringComparison.Ordinal)
                || key.StartsWith(TaskKeys.EventPrefix, StringComparison.Ordinal);
            if (isPart && _index.Contains(TaskKeys.WordOf(key))) continue;
            if (await bucket.FindAsync(key, cancellationToken) is not { } entry) continue;
            if (entry.Revision >= newest || now - entry.Written < TidyAge) continue;
            var isForgotten = key.StartsWith(TaskKeys.IdempotencyPrefix, StringComparison.Ordinal)
                && now - entry.Written >= ITaskStore.IdempotencyWindow;
            if (!entry.Exists || isPart || isForgotten) await bucket.RemoveAsync(entry.Revision, cancellationToken);
        }

        _index.ForgetGone(newest);
    }
}
