using System.Security.Cryptography;
using System.Text.Json;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;
using Microsoft.Extensions.Logging;

namespace JobRunner.Nats.Tasks;

/// <summary>
/// Records in a key-value bucket that all replicas share. Every change of a record names the revision that it was made
/// from, so of two that change it at once one begins anew: that is the fence, too.
/// </summary>
internal sealed partial class NatsTaskStore : ITaskStore
{
    private static readonly TimeSpan CatchUpTimeout = TimeSpan.FromSeconds(2);

    private readonly INatsClient _client;
    private readonly JetStreamClient _jetStream;
    private readonly TimeProvider _time;
    private readonly ILogger<NatsTaskStore> _logger;
    private readonly string _bucketName;
    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}";
    private readonly TaskIndex _index;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly SemaphoreSlim _claiming = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private volatile KeyValueBucket? _bucket;
    private long _lastOrder;

    public NatsTaskStore(QueueUrl url, INatsClient client, TimeProvider time, ILogger<NatsTaskStore> logger)
    {
        (_client, _time, _logger) = (client, time, logger);
        _jetStream = new JetStreamClient(client, time);
        _index = new TaskIndex(Changes);
        try
        {
            _bucketName = $"{JetStreamClient.CheckName(url.Parameter("stream") ?? "JOBS")}_tasks";
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"The store {url} has a name that NATS does not take: {exception.Message}", exception);
        }
    }

    public bool IsShared => true;

    public long? MaxResultSize => _client.Server?.MaxPayload;

    public TaskChanges Changes { get; } = new();

    public Task OpenAsync(CancellationToken cancellationToken) => GuardAsync(() => OpenedAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _client.DisposeAsync();
        _opening.Dispose();
        _claiming.Dispose();
        _stop.Dispose();
    }

    private async Task<KeyValueBucket> OpenedAsync(CancellationToken cancellationToken)
    {
        if (_bucket is { } open) return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_bucket is { } other) return other;
            await _client.ConnectedAsync(cancellationToken);
            var bucket = await KeyValueBucket.OpenAsync(_jetStream, _bucketName, cancellationToken);
            if (_following.IsCompleted) _following = FollowAsync(bucket);
            await CatchUpAsync(bucket, TimeSpan.FromMinutes(1), cancellationToken);
            return _bucket = bucket;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task FollowAsync(KeyValueBucket bucket)
    {
        try
        {
            await foreach (var entry in bucket.WatchAsync(">", _index.Revision, _stop.Token))
                _index.Follow(entry);
        }
        catch (OperationCanceledException)
        {
            // The store is being closed.
        }
    }

    /// <summary>What was written anywhere before this call is in the index after it.</summary>
    private async Task<KeyValueBucket> CurrentAsync(CancellationToken cancellationToken)
    {
        var bucket = await OpenedAsync(cancellationToken);
        await CatchUpAsync(bucket, CatchUpTimeout, cancellationToken);
        return bucket;
    }

    private async Task CatchUpAsync(KeyValueBucket bucket, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (await _jetStream.FindStreamAsync(bucket.Stream, cancellationToken) is not { State.Messages: > 0 } stream) return;
        using var patience = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _index.ReachAsync(stream.State.LastSeq, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Behind(_logger, _index.Revision, stream.State.LastSeq);
        }
    }

    /// <summary>Changes a record, however many others do.</summary>
    /// <param name="id">Which.</param>
    /// <param name="change">The new record, or null to leave it. Is called again where another was faster.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>What is stored now, or null where nothing was changed.</returns>
    private async Task<StoredTask?> ChangeAsync(string id, Func<TaskRecord, TaskRecord?> change, CancellationToken cancellationToken)
    {
        var bucket = await OpenedAsync(cancellationToken);
        while (await ReadAsync(bucket, id, cancellationToken) is { } stored)
        {
            if (change(stored.Record) is not { } changed) return null;
            if (await WriteAsync(bucket, stored, changed, cancellationToken) is { } written) return written;
        }

        return null;
    }

    private static async Task<StoredTask?> ReadAsync(KeyValueBucket bucket, string id, CancellationToken cancellationToken) =>
        await bucket.GetAsync(TaskKeys.Record(id), cancellationToken) is { } entry ? StoredTask.Read(entry.Value, entry.Revision) : null;

    /// <summary>Writes a record that is still as it was read. A result comes first, under a key of its own: the record
    /// makes it the task's.</summary>
    private async Task<StoredTask?> WriteAsync(
        KeyValueBucket bucket, StoredTask stored, TaskRecord changed, CancellationToken cancellationToken)
    {
        var resultKey = await PutResultAsync(bucket, changed, cancellationToken);
        var next = stored.Become(changed, resultKey, _time.GetUtcNow());
        if (await bucket.UpdateAsync(TaskKeys.Record(changed.Id), next.ToBytes(), stored.Revision, cancellationToken) is not { } revision)
            return null;
        var written = next with { Revision = revision };
        _index.Apply(written);
        return written;
    }

    private static async Task<string?> PutResultAsync(KeyValueBucket bucket, TaskRecord record, CancellationToken cancellationToken)
    {
        if (record.Result is not { } result) return null;
        var key = TaskKeys.NewResult(record.Id);
        await bucket.PutAsync(key, result, cancellationToken);
        return key;
    }

    /// <summary>The record with payload and result.</summary>
    private static async Task<TaskRecord> WholeAsync(KeyValueBucket bucket, StoredTask stored, CancellationToken cancellationToken)
    {
        var payload = bucket.GetAsync(TaskKeys.Payload(stored.Task.Id), cancellationToken);
        var result = stored.ResultKey is { } key ? await bucket.GetAsync(key, cancellationToken) : null;
        return stored.Record with
        {
            Payload = (await payload)?.Value ?? default,
            Result = stored.ResultKey is null ? default(ReadOnlyMemory<byte>?) : result?.Value ?? ReadOnlyMemory<byte>.Empty,
        };
    }

    private long NextOrder()
    {
        while (true)
        {
            var last = Interlocked.Read(ref _lastOrder);
            var next = Math.Max(last + 1, _time.GetUtcNow().UtcTicks);
            if (Interlocked.CompareExchange(ref _lastOrder, next, last) == last) return next;
        }
    }

    private static string HashOf(ReadOnlyMemory<byte> payload) => Convert.ToHexStringLower(SHA256.HashData(payload.Span));

    private static StoredKey? ReadKey(KeyValueEntry? entry)
    {
        try
        {
            return entry is null ? null : JsonSerializer.Deserialize(entry.Value.Span, TasksJson.Default.StoredKey);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task GuardAsync(Func<Task> action) => GuardAsync(async () =>
    {
        await action();
        return true;
    });

    private static async Task<T> GuardAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (NatsException exception)
        {
            throw new TaskStoreException($"The store of task records is not available. {exception.Message}", exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The task records are behind: change {Known} of {Last} is known")]
    private static partial void Behind(ILogger logger, ulong known, ulong last);
}
