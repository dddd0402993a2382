using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Streams;

/// <summary>The messages whose failure is final: a stream of their own, read by whoever wants to know.</summary>
internal sealed class StreamDeadLetters(IRedisConnection redis, StreamNames names)
{
    private const int Page = 500;

    /// <summary>The fields of a letter.</summary>
    public static StreamFields Write(StreamEntry entry, QueueMessage message, TaskOutcome failure, DateTimeOffset now) =>
        MessageFields.Again(entry)
            .Set(MessageFields.Error, failure.Error ?? "")
            .Set(MessageFields.ErrorType, failure.ErrorType)
            .Set(MessageFields.Attempts, MessageFields.Text(message.Attempt))
            .Set(MessageFields.FirstFailedAt, MessageFields.Text(message.FirstFailedAt ?? now))
            .Set(MessageFields.LastFailedAt, MessageFields.Text(now));

    public async Task<DeadLetterPage> ListAsync(int limit, string? after, CancellationToken cancellationToken)
    {
        var entries = await ReadAsync(
            new RedisCommand("XREVRANGE", names.DeadLetters, after is null ? "+" : $"({after}", "-", "COUNT", limit), cancellationToken);
        var next = entries.Count == limit ? entries[^1].Id : null;
        return new DeadLetterPage([.. entries.Select(Letter)], next);
    }

    /// <summary>Puts letters back as if they had never been tried.</summary>
    public Task<long> RetryAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        EachAsync(
            ids,
            async entry =>
            {
                var fields = MessageFields.Again(entry)
                    .Set(MessageFields.Error, (string?)null)
                    .Set(MessageFields.ErrorType, (string?)null)
                    .Set(MessageFields.Attempts, (string?)null)
                    .Set(MessageFields.Attempt, (string?)null)
                    .Set(MessageFields.FirstFailedAt, (string?)null)
                    .Set(MessageFields.LastFailedAt, (string?)null)
                    .Set("not_before", (string?)null);
                var stream = names.BandOf(MessageFields.Read(entry.Stream, entry.Id, fields).Priority);
                var moved = await redis.EvaluateAsync(
                    StreamOperatorScripts.Revive, [names.DeadLetters, stream], [entry.Id, .. fields.Arguments()], CancellationToken.None);
                return moved.Integer;
            },
            cancellationToken);

    public Task<long> PurgeAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        EachAsync(
            ids,
            async entry => (await redis.SendAsync(new RedisCommand("XDEL", names.DeadLetters, entry.Id), CancellationToken.None)).Integer,
            cancellationToken);

    // Oldest first, up to what was the newest at the beginning: what comes meanwhile is left alone.
    private async Task<long> EachAsync(
        IReadOnlyCollection<string>? ids, Func<StreamEntry, Task<long>> change, CancellationToken cancellationToken)
    {
        var wanted = ids?.ToHashSet(StringComparer.Ordinal);
        var newest = await ReadAsync(new RedisCommand("XREVRANGE", names.DeadLetters, "+", "-", "COUNT", 1L), cancellationToken);
        var changed = 0L;
        for (var start = "-"; newest.Count > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entries = await ReadAsync(
                new RedisCommand("XRANGE", names.DeadLetters, start, newest[0].Id, "COUNT", Page), cancellationToken);
            var matching = entries.Where(entry => wanted is null || wanted.Contains(Letter(entry).Message.Id));
            changed += (await Task.WhenAll(matching.Select(change))).Sum();
            if (entries.Count < Page) break;
            start = $"({entries[^1].Id}";
        }

        return changed;
    }

    private DeadLetter Letter(StreamEntry entry)
    {
        // A letter that was not written by us has an id of its own, too.
        var message = MessageFields.Read(names.Stream, entry.Id, entry.Fields);
        var attempts = (int)Math.Clamp(MessageFields.Number(entry.Fields.Text(MessageFields.Attempts)) ?? message.Attempt, 0, int.MaxValue);
        return new DeadLetter(message, entry.Fields.Text(MessageFields.Error), entry.Fields.Text(MessageFields.ErrorType), attempts)
        {
            FirstFailedAt = message.FirstFailedAt,
            LastFailedAt = MessageFields.Time(entry.Fields.Text(MessageFields.LastFailedAt)),
        };
    }

    private async Task<List<StreamEntry>> ReadAsync(RedisCommand command, CancellationToken cancellationToken)
    {
        var reply = await redis.SendAsync(command, cancellationToken);
        return
        [
            .. reply.Items.Select(entry => new StreamEntry(
                names.Stream, entry.Items[0].Text!, Delivery: 0, new StreamFields(entry.Items[1].Pairs()))),
        ];
    }
}
