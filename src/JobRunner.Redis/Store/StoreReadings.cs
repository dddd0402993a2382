using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>What scripts and streams answer, in the words of a store.</summary>
internal static class StoreReadings
{
    public static QueueStatus Status(string queue, IReadOnlyList<RespValue> values)
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

    public static TaskEvent Event(RespValue entry)
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
