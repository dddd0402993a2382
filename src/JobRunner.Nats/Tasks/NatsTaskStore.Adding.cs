using System.Text.Json;
using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Tasks;

/// <summary>Adding tasks and records.</summary>
internal sealed partial class NatsTaskStore
{
    public Task<TaskAddition> AddAsync(NewTask task, int? maxQueued, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var bucket = await OpenedAsync(cancellationToken);
            if (maxQueued is not { } most) return await AddAsync(bucket, task, cancellationToken);
            await CatchUpAsync(bucket, CatchUpTimeout, cancellationToken);
            if (!_index.TryReserve(task.Queue, task.Id, most))
                return await EarlierAsync(bucket, task, cancellationToken) ?? new TaskAddition(TaskAdditionKind.QueueFull, null);
            try
            {
                return await AddAsync(bucket, task, cancellationToken);
            }
            finally
            {
                _index.EndReservation(task.Id);
            }
        });

    public Task<IReadOnlyList<TaskAddition>> AddManyAsync(IReadOnlyList<NewTask> tasks, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<TaskAddition>>(async () =>
        {
            const int atOnce = 128;
            var bucket = await OpenedAsync(cancellationToken);
            var additions = new List<TaskAddition>(tasks.Count);
            try
            {
                foreach (var chunk in tasks.Chunk(atOnce))
                {
                    var adding = chunk.Select(task => AddAsync(bucket, task, cancellationToken)).ToArray();
                    await ((Task)Task.WhenAll(adding)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    additions.AddRange(adding.Where(one => one.IsCompletedSuccessfully).Select(one => one.Result));
                    await Task.WhenAll(adding);
                }

                return additions;
            }
            catch
            {
                foreach (var added in additions.Where(one => one.Kind == TaskAdditionKind.Added))
                    await TakeBackAsync(bucket, added.Record!);
                throw;
            }
        });

    public Task<bool> RecordAsync(TaskRecord record, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var bucket = await OpenedAsync(cancellationToken);
        if (record.Result is { } result && _client.Server is { MaxPayload: var limit } && result.Length > limit)
            throw new MessageTooLargeException(result.Length, limit);
        while (true)
        {
            if (await ReadAsync(bucket, record.Id, cancellationToken) is { } stored)
            {
                if (IsOver(stored.Task, record)) return false;
                if (!string.Equals(stored.Task.Queue, record.Queue, StringComparison.Ordinal))
                    await bucket.PutAsync(TaskKeys.Payload(record.Id), record.Payload, cancellationToken);
                if (await WriteAsync(bucket, stored, record, cancellationToken) is not null) return true;
                continue;
            }

            await bucket.PutAsync(TaskKeys.Payload(record.Id), record.Payload, cancellationToken);
            var resultKey = await PutResultAsync(bucket, record, cancellationToken);
            var first = StoredTask.First(record, resultKey, NextOrder(), _time.GetUtcNow());
            if (await CreateAsync(bucket, first, cancellationToken) is not null) return true;
        }

        static bool IsOver(TaskRecord stored, TaskRecord record) =>
            stored.FencingToken > record.FencingToken || (stored.Status.IsFinished() && !record.Status.IsFinished());
    });

    /// <summary>The payload is written first: a record whose payload is missing must never be seen.</summary>
    private async Task<TaskAddition> AddAsync(KeyValueBucket bucket, NewTask task, CancellationToken cancellationToken)
    {
        var order = NextOrder();
        if (task.IdempotencyKey is not null)
        {
            if (await EarlierAsync(bucket, task, cancellationToken) is { } earlier) return earlier;
            if (await TakeKeyAsync(bucket, task, cancellationToken) is not { } id)
                return new TaskAddition(TaskAdditionKind.KeyConflict, null);
            task = task with { Id = id };
        }

        await bucket.PutAsync(TaskKeys.Payload(task.Id), task.Payload, cancellationToken);
        var now = _time.GetUtcNow();
        var stored = StoredTask.First(TaskTransitions.Create(task, now), resultKey: null, order, now);
        if (await CreateAsync(bucket, stored, cancellationToken) is { } created)
            return new TaskAddition(TaskAdditionKind.Added, created.Record with { Payload = task.Payload });
        return await ReadAsync(bucket, task.Id, cancellationToken) is { } existing
            ? new TaskAddition(TaskAdditionKind.Existing, await WholeAsync(bucket, existing, cancellationToken))
            : throw new TaskStoreException($"The task {task.Id} was added and dropped at the same time.");
    }

    private async Task<StoredTask?> CreateAsync(KeyValueBucket bucket, StoredTask stored, CancellationToken cancellationToken)
    {
        if (await bucket.CreateAsync(TaskKeys.Record(stored.Task.Id), stored.ToBytes(), cancellationToken) is not { } revision) return null;
        var created = stored with { Revision = revision };
        _index.Apply(created);
        return created;
    }

    /// <summary>The task that the key was used for, where it exists and the key is remembered.</summary>
    private async Task<TaskAddition?> EarlierAsync(KeyValueBucket bucket, NewTask task, CancellationToken cancellationToken)
    {
        if (task.IdempotencyKey is null) return null;
        var key = ReadKey(await bucket.GetAsync(TaskKeys.Idempotency(task), cancellationToken));
        if (key is null || key.At + ITaskStore.IdempotencyWindow <= _time.GetUtcNow()) return null;
        if (await ReadAsync(bucket, key.Id, cancellationToken) is not { } stored) return null;
        return key.PayloadHash == HashOf(task.Payload)
            ? new TaskAddition(TaskAdditionKind.Existing, await WholeAsync(bucket, stored, cancellationToken))
            : new TaskAddition(TaskAdditionKind.KeyConflict, null);
    }

    /// <summary>Takes the key, or takes part in what its owner began: whoever is first creates the record.</summary>
    /// <returns>The id to add the task under; null where the key stands for another payload.</returns>
    private async Task<string?> TakeKeyAsync(KeyValueBucket bucket, NewTask task, CancellationToken cancellationToken)
    {
        var name = TaskKeys.Idempotency(task);
        var now = _time.GetUtcNow();
        var mine = new StoredKey(task.Id, HashOf(task.Payload), now);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(mine, TasksJson.Default.StoredKey);
        while (true)
        {
            if (await bucket.CreateAsync(name, bytes, cancellationToken) is not null) return task.Id;
            if (await bucket.GetAsync(name, cancellationToken) is not { } entry) continue;
            var key = ReadKey(entry);
            if (key is not null && key.At + ITaskStore.IdempotencyWindow > now) return key.PayloadHash == mine.PayloadHash ? key.Id : null;
            if (await bucket.UpdateAsync(name, bytes, entry.Revision, cancellationToken) is not null) return task.Id;
        }
    }

    private async Task TakeBackAsync(KeyValueBucket bucket, TaskRecord added)
    {
        try
        {
            await DropAsync(bucket, added.Id, (ulong)added.Revision, CancellationToken.None);
        }
        catch (Protocol.NatsException)
        {
            // The server is away: what was added runs, as if the answer had been lost.
        }
    }
}
