using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Looks at queues and events without changing them.</summary>
internal sealed class StoreReadings(StoreCalls calls)
{
    public async Task<QueueStatus> InspectAsync(string queue, CancellationToken cancellationToken)
    {
        var reply = await calls.EvaluateAsync(StoreScripts.Inspect, [queue], cancellationToken);
        return Status(queue, reply.Items);
    }

    public async Task<IReadOnlyList<QueueStatus>> InspectAllAsync(CancellationToken cancellationToken)
    {
        var queues = await calls.SendAsync(new RedisCommand("SMEMBERS", calls.Key("queues")), cancellationToken);
        return await Task.WhenAll(
            queues.Items.Select(name => name.Text!).Order(StringComparer.Ordinal).Select(queue => InspectAsync(queue, cancellationToken)));
    }

    public async Task<IReadOnlyList<TaskRecord>> PeekAsync(string queue, int max, CancellationToken cancellationToken)
    {
        var seen = await calls.EvaluateAsync(
            StoreScripts.Peek, [queue, max, .. StoreCalls.Names(RecordFields.Whole)], cancellationToken);
        return [.. seen.Items.Select(values => RecordFields.Read(RecordFields.Whole, values.Items)).OfType<TaskRecord>()];
    }

    public async Task<IReadOnlyList<TaskEvent>> ReadEventsAsync(
        string id, long after, int max, CancellationToken cancellationToken)
    {
        var events = await calls.SendAsync(
            new RedisCommand("XRANGE", calls.Key($"events:{id}"), $"({after}-0", "+", "COUNT", max), cancellationToken);
        return [.. events.Items.Select(Event)];
    }

    private static QueueStatus Status(string queue, IReadOnlyList<RespValue> values)
    {
        var next = values[6].Integer;
        return new QueueStatus(queue)
        {
            Depth = values[0].Integer,
            Scheduled = values[1].Integer,
            Running = values[2].Integer,
            DeadLetters = values[3].Integer,
            OldestAt = Oldest(values[4], values[5]),
            NextDueAt = next < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(next),
            IsPaused = values[7].Integer == 1,
        };
    }

    private static TaskEvent Event(RespValue entry)
    {
        var fields = entry.Items[1].Pairs().ToDictionary(pair => pair.Name.Text!, pair => pair.Value.Text!, StringComparer.Ordinal);
        return new TaskEvent(
            long.Parse(entry.Items[0].Text!.Split('-')[0], CultureInfo.InvariantCulture),
            fields["kind"],
            Time(fields["at"]),
            fields["data"]);
    }

    private static DateTimeOffset? Oldest(RespValue created, RespValue due)
    {
        if (created.IsNull) return null;
        var accepted = Time(created.Text!);
        return due.IsNull ? accepted : new[] { accepted, DateTimeOffset.FromUnixTimeMilliseconds(due.Integer) }.Max();
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
}
