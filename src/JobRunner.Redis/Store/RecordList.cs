using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Lists records newest first: ids from the sets of all queues and states in question, merged, read and
/// searched page by page.</summary>
internal sealed class RecordList(StoreCalls calls, RecordWriter records)
{
    /// <summary>Ids read at once where a search may throw most of them away.</summary>
    private const int Portion = 200;

    /// <exception cref="FormatException">The cursor is none of this store's.</exception>
    public async Task<TaskPage> ReadAsync(TaskQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, TaskQuery.MaxLimit);
        var after = query.After is null ? long.MaxValue : CursorOf(query.After);
        var sets = await SetsAsync(query, cancellationToken);
        var found = new List<(long Sequence, TaskRecord Record)>();
        while (found.Count <= limit)
        {
            var portion = await IdsAsync(sets, after, Math.Max(Portion, limit + 1), cancellationToken);
            if (portion.Count == 0) break;
            after = portion[^1].Sequence;
            var replies = await calls.SendAllAsync(
                [.. portion.Select(one => records.Get(one.Id, RecordFields.Lean))], cancellationToken);
            found.AddRange(portion.Zip(replies)
                .Select(one => (one.First.Sequence, Record: RecordFields.Read(RecordFields.Lean, one.Second.Items)))
                .Where(one => one.Record is not null && Matches(one.Record, query))
                .Select(one => (one.Sequence, one.Record!)));
        }

        var page = found.Take(limit).ToList();
        var next = found.Count > limit ? page[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
        return new TaskPage([.. page.Select(one => one.Record with { Payload = default, Result = null })], next);
    }

    private static long CursorOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : throw new FormatException($"The cursor \"{text}\" is none of this list.");

    private async Task<List<string>> SetsAsync(TaskQuery query, CancellationToken cancellationToken)
    {
        var queues = query.Queue is { } queue
            ? [queue]
            : (await calls.SendAsync(new RedisCommand("SMEMBERS", calls.Key("queues")), cancellationToken)).Items.Select(name => name.Text!);
        var states = query.Status is { } status ? [status] : Enum.GetValues<TaskState>();
        return [.. from name in queues from state in states select calls.Key($"queue:{name}:{state.Name()}")];
    }

    private async Task<List<(long Sequence, string Id)>> IdsAsync(
        List<string> sets, long after, int count, CancellationToken cancellationToken)
    {
        RedisArgument below = after == long.MaxValue ? "+inf" : $"({after}";
        var replies = await calls.SendAllAsync(
            [
                .. sets.Select(set => new RedisCommand(
                    "ZRANGE", set, below, "-inf", "BYSCORE", "REV", "LIMIT", 0L, count, "WITHSCORES")),
            ],
            cancellationToken);
        return [.. replies.SelectMany(Scored).OrderByDescending(one => one.Sequence).Take(count)];
    }

    // RESP3 gives pairs, RESP2 members and scores in turn.
    private static IEnumerable<(long Sequence, string Id)> Scored(RespValue reply)
    {
        var flat = reply.Items.SelectMany(item => item.Kind == RespKind.Array ? item.Items : [item]).ToList();
        for (var i = 0; i + 1 < flat.Count; i += 2)
            yield return ((long)double.Parse(flat[i + 1].Text!, CultureInfo.InvariantCulture), flat[i].Text!);
    }

    private static bool Matches(TaskRecord record, TaskQuery query) =>
        (query.Status is null || record.Status == query.Status)
        && (query.Search is not { Length: > 0 } search
            || new[] { record.Id, record.Endpoint, record.Caller, record.TracingId, record.Error }
                .Any(text => text?.Contains(search, StringComparison.OrdinalIgnoreCase) == true));
}
