using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Streams;

/// <summary>Takes entries as a member of a consumer group: those that wait already by one script, otherwise by a blocking
/// read, on a connection of its own, that wakes with the first arrival.</summary>
internal sealed class StreamConsumer(
    IRedisConnection redis, StreamNames names, string group, string consumer, int maxInterruptions, TimeProvider time)
    : IAsyncDisposable
{
    /// <summary>How long a receive waits for the first entry.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>The longest blocking read: what becomes due or is given back meanwhile is not seen by it.</summary>
    private static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PausedInterval = TimeSpan.FromMilliseconds(250);

    private readonly IRedisReader _reader = redis.OpenReader();
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly RedisArgument[] _keys =
        [names.Delayed, names.Paused, names.DeadLetters, .. names.Bands.Select(band => (RedisArgument)band)];

    private long _searched;

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        _reading.Dispose();
    }

    /// <summary>Creates the streams and their group where they are missing. A new group begins with what is there.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        var replies = await redis.SendAllAsync(
            [.. names.Bands.Select(band => new RedisCommand("XGROUP", "CREATE", band, group, "0", "MKSTREAM"))], cancellationToken);
        foreach (var reply in replies)
        {
            if (reply.IsError && reply.Error() is { Code: not "BUSYGROUP" } error) throw error;
        }
    }

    public async Task<IReadOnlyList<StreamEntry>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            var (entries, isPaused, due) = await FetchAsync(max, lease);
            if (entries.Count > 0) return entries;
            var left = Wait - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) break;
            var block = Shortest(left, LongestBlock, due ?? LongestBlock);
            entries = isPaused
                ? await RestAsync(cancellationToken)
                : await BlockAsync(max, lease, block, cancellationToken);
            if (entries.Count > 0) return entries;
        }

        return [];
    }

    // What a script has taken must be handed out, so it is not cancelled on the way.
    private async Task<(List<StreamEntry> Entries, bool IsPaused, TimeSpan? Due)> FetchAsync(int max, TimeSpan lease)
    {
        RedisArgument[] arguments =
        [
            group, consumer, max, Milliseconds(lease), IsTimeToSearch(lease) ? 1 : 0, maxInterruptions,
            MessageFields.Text(time.GetUtcNow())!,
        ];
        RespValue reply;
        try
        {
            reply = await redis.EvaluateAsync(StreamScripts.Fetch, _keys, arguments);
        }
        catch (RedisException missing) when (missing.Message.Contains("NOGROUP", StringComparison.Ordinal))
        {
            await JoinAsync(CancellationToken.None);
            reply = await redis.EvaluateAsync(StreamScripts.Fetch, _keys, arguments);
        }

        var entries = reply.Items.Skip(2).Select(item => new StreamEntry(
            names.Bands[(int)item.Items[0].Integer],
            item.Items[1].Text!,
            item.Items[2].Integer,
            FieldsOf(item.Items[3]))).ToList();
        var due = reply.Items[1].Integer;
        return (entries, reply.Items[0].Integer == 1, due < 0 ? null : TimeSpan.FromMilliseconds(due + 1));
    }

    // An entry that was read and not adopted has no lease; looking for such is work that need not be done each time.
    private bool IsTimeToSearch(TimeSpan lease)
    {
        var last = Interlocked.Read(ref _searched);
        if (last != 0 && time.GetElapsedTime(last) < Shortest(lease, LongestBlock, LongestBlock)) return false;
        Interlocked.Exchange(ref _searched, time.GetTimestamp());
        return true;
    }

    private async Task<List<StreamEntry>> RestAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(PausedInterval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return [];
    }

    private async Task<List<StreamEntry>> BlockAsync(
        int max, TimeSpan lease, TimeSpan block, CancellationToken cancellationToken)
    {
        if (!await _reading.WaitAsync(block, CancellationToken.None)) return [];
        RespValue reply;
        try
        {
            reply = await _reader.ReadAsync(ReadCommand(block), block, cancellationToken);
        }
        catch (RedisException missing) when (missing.Code is "NOGROUP" or "UNBLOCKED")
        {
            // The next fetch creates the group.
            return [];
        }
        finally
        {
            _reading.Release();
        }

        var read = EntriesOf(reply);
        return read.Count == 0 ? [] : await AdoptAsync(read, max, lease);
    }

    private async Task<List<StreamEntry>> AdoptAsync(List<StreamEntry> read, int max, TimeSpan lease)
    {
        var adopted = await redis.EvaluateAsync(
            StreamScripts.Adopt,
            [names.Paused],
            [max, Milliseconds(lease), .. read.SelectMany(entry => new RedisArgument[] { entry.Stream, entry.Id })]);
        return [.. read.Take((int)adopted.Integer)];
    }

    private RedisCommand ReadCommand(TimeSpan block) => new(
        "XREADGROUP",
        [
            "GROUP", group, consumer, "COUNT", 1L, "BLOCK", Milliseconds(block), "STREAMS",
            .. names.Bands.Select(band => (RedisArgument)band),
            .. names.Bands.Select(_ => (RedisArgument)">"),
        ]);

    // RESP3 gives a map from streams to entries, RESP2 a list of pairs.
    private static List<StreamEntry> EntriesOf(RespValue reply)
    {
        var streams = reply.Kind == RespKind.Map
            ? reply.Pairs()
            : reply.Items.Select(stream => (Name: stream.Items[0], Value: stream.Items[1]));
        return
        [
            .. from stream in streams
               from entry in stream.Value.Items
               select new StreamEntry(stream.Name.Text!, entry.Items[0].Text!, 1, FieldsOf(entry.Items[1])),
        ];
    }

    private static StreamFields FieldsOf(RespValue fields) => new(fields.Pairs());

    private static TimeSpan Shortest(TimeSpan first, TimeSpan second, TimeSpan third) =>
        TimeSpan.FromTicks(Math.Min(first.Ticks, Math.Min(second.Ticks, third.Ticks)));

    private static string Milliseconds(TimeSpan span) =>
        Math.Max(1, (long)Math.Ceiling(span.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
}
