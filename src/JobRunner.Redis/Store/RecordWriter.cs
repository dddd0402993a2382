using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>
/// Reads a record, asks the state machine what it becomes, and writes that unless somebody else was faster, in which case
/// it asks again with what the other has written. Only what has changed is sent.
/// </summary>
internal sealed class RecordWriter(StoreCalls calls)
{
    public async Task<TaskRecord?> FindAsync(string id, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var values = await calls.SendAsync(Get(id, names), cancellationToken);
        return RecordFields.Read(names, values.Items);
    }

    public RedisCommand Get(string id, IReadOnlyList<string> names) =>
        new("HMGET", [calls.Key($"task:{id}"), .. names.Select(name => (RedisArgument)name)]);

    /// <summary>Changes a record.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="change">Gives what it becomes; null where it is to stay as it is. It may be called several times, and
    /// with null where there is no record.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was written, without payload; null where nothing was.</returns>
    public async Task<TaskRecord?> ChangeAsync(
        string id, Func<TaskRecord?, DateTimeOffset, TaskRecord?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = calls.Now;
            var known = await FindAsync(id, RecordFields.Lean, cancellationToken);
            if (change(known, now) is not { } next) return null;
            var saved = await calls.EvaluateAsync(StoreScripts.Save, now, Arguments(known, next), cancellationToken);
            if (saved.Integer != 0) return next with { Revision = saved.Integer };
        }
    }

    // Within a queue the payload never changes, so that of a known record is not read; a result is only ever new.
    private static IEnumerable<RedisArgument> Arguments(TaskRecord? known, TaskRecord next)
    {
        var before = known is null ? [] : RecordFields.Write(known);
        var after = RecordFields.Write(next);
        if (known is not null)
        {
            before.Remove(RecordFields.Payload);
            if (string.Equals(known.Queue, next.Queue, StringComparison.Ordinal)) after.Remove(RecordFields.Payload);
        }

        var set = after.Where(field => !before.TryGetValue(field.Key, out var old) || !old.Span.SequenceEqual(field.Value.Span))
            .SelectMany(field => new RedisArgument[] { field.Key, field.Value }).ToList();
        List<RedisArgument> removed = [.. before.Keys.Where(name => !after.ContainsKey(name)).Select(name => (RedisArgument)name)];
        if (known is not null && next.Result is null) removed.Add(RecordFields.Result);
        var isNews = known is null || known.Status != next.Status || known.Attempts != next.Attempts;
        return
        [
            next.Id,
            known is null ? "" : known.Revision,
            isNews ? TaskTransitions.StateEvent(next).Data : "",
            .. StoreCalls.Counted(set),
            .. StoreCalls.Counted(removed),
        ];
    }
}
