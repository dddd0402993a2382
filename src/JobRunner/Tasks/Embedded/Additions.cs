using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace JobRunner.Tasks.Embedded;

/// <summary>Adds tasks: once per idempotency key, and no more than may wait.</summary>
internal static class Additions
{
    public static TaskAddition Add(WriteStep step, NewTask task, int? maxQueued)
    {
        var key = task.IdempotencyKey is null ? null : KeyOf(task);
        if (key is not null && FindEarlier(step, task, key) is { } earlier)
            return earlier;
        if (maxQueued is { } most && Waiting(step, task.Queue, most) >= most)
            return new TaskAddition(TaskAdditionKind.QueueFull, Record: null);
        var record = step.Insert(TaskTransitions.Create(task, step.Now));
        if (key is not null)
            Remember(step, task, key);
        return new TaskAddition(TaskAdditionKind.Added, record);
    }

    private static TaskAddition? FindEarlier(WriteStep step, NewTask task, byte[] key)
    {
        var known = step.Connection.Query(
            "SELECT fingerprint, task_id FROM idempotency WHERE key = $key AND expires > $now",
            row => (Fingerprint: row.GetFieldValue<byte[]>(0), TaskId: row.GetString(1)),
            ("$key", key),
            ("$now", TaskRows.Milliseconds(step.Now)));
        if (known is not [var earlier] || step.Find(earlier.TaskId) is not { } record)
            return null;
        return earlier.Fingerprint.AsSpan().SequenceEqual(SHA256.HashData(task.Payload.Span))
            ? new TaskAddition(TaskAdditionKind.Existing, record)
            : new TaskAddition(TaskAdditionKind.KeyConflict, Record: null);
    }

    private static void Remember(WriteStep step, NewTask task, byte[] key) => step.Connection.Execute(
        "INSERT OR REPLACE INTO idempotency(key, fingerprint, task_id, expires) VALUES($key, $print, $task, $expires)",
        ("$key", key),
        ("$print", SHA256.HashData(task.Payload.Span)),
        ("$task", task.Id),
        ("$expires", TaskRows.Milliseconds(step.Now + ITaskStore.IdempotencyWindow)));

    private static long Waiting(WriteStep step, string queue, int most) => step.Connection.Scalar<long>(
        "SELECT count(*) FROM (SELECT 1 FROM tasks WHERE queue = $queue AND status = 0 LIMIT $most)",
        ("$queue", queue),
        ("$most", most));

    // Parts are told apart by their lengths, since each may hold any character.
    private static byte[] KeyOf(NewTask task)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in (ReadOnlySpan<string?>)[task.Caller, task.Queue, task.Endpoint, task.IdempotencyKey])
        {
            var bytes = Encoding.UTF8.GetBytes(part ?? string.Empty);
            BinaryPrimitives.WriteInt32LittleEndian(length, part is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
