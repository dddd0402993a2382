using System.Security.Cryptography;
using System.Text;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Streams;

/// <summary>Puts messages: by a plain XADD, or by a script where a time or an idempotency key is involved.</summary>
internal sealed class StreamPutter(IRedisConnection redis, StreamNames names, long? maxMessageSize, TimeProvider time)
{
    /// <summary>Messages sent together.</summary>
    private const int Batch = 500;

    /// <exception cref="MessageTooLargeException">One is larger than the queue takes; none was put.</exception>
    public async Task<IReadOnlyList<string>> PutAsync(
        IReadOnlyList<QueueMessage> messages, long limit, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var all = messages.Select(message => (Message: message, Fields: MessageFields.Write(message, now))).ToList();
        foreach (var (_, fields) in all)
        {
            if (fields.Size > Math.Min(limit, maxMessageSize ?? limit))
                throw new MessageTooLargeException(fields.Size, Math.Min(limit, maxMessageSize ?? limit));
        }

        var ids = new List<string>(messages.Count);
        foreach (var batch in all.Chunk(Batch))
        {
            // A script is sent twice where the server does not know it yet; the order of the batch must not suffer.
            if (batch.Any(put => NeedsScript(put.Message, now)))
            {
                foreach (var (message, fields) in batch) ids.Add(await PutByScriptAsync(message, fields, cancellationToken));
                continue;
            }

            var commands = batch.Select(put => new RedisCommand("XADD", [names.BandOf(put.Message.Priority), "*", .. put.Fields.Arguments()]));
            foreach (var reply in await redis.SendAllAsync([.. commands], cancellationToken)) reply.OrThrow();
            ids.AddRange(batch.Select(put => put.Message.Id));
        }

        return ids;
    }

    private static bool NeedsScript(QueueMessage message, DateTimeOffset now) =>
        message.IdempotencyKey is not null || message.NotBefore > now;

    private async Task<string> PutByScriptAsync(QueueMessage message, StreamFields fields, CancellationToken cancellationToken)
    {
        RedisArgument[] keys = [names.BandOf(message.Priority), names.Delayed];
        if (message.IdempotencyKey is { } key) keys = [.. keys, names.Idempotency(DigestOf(message, key))];
        var due = message.NotBefore?.ToUnixTimeMilliseconds() ?? 0;
        var remembered = (long)ITaskStore.IdempotencyWindow.TotalMilliseconds;
        var id = await redis.EvaluateAsync(
            StreamScripts.Put, keys, [message.Id, due, remembered, .. fields.Arguments()], cancellationToken);
        return id.Text!;
    }

    // Keys are per caller and endpoint, and of any length.
    private static string DigestOf(QueueMessage message, string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{message.Caller}\n{message.Endpoint}\n{key}")));
}
