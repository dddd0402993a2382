using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Follows the stream of changes, those of this process included, and tells of them.</summary>
internal sealed class ChangeFeed(IRedisConnection redis, string stream, TaskChanges changes, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _loop;

    /// <summary>Begins after the latest change.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var latest = await redis.SendAsync(new RedisCommand("XREVRANGE", stream, "+", "-", "COUNT", 1L), cancellationToken);
        var last = latest.Items.Count == 0 ? "0-0" : latest.Items[0].Items[0].Text!;
        _loop ??= Task.Run(() => FollowAsync(last), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is not null) await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task FollowAsync(string last)
    {
        await using var reader = redis.OpenReader();
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var reply = await reader.ReadAsync(
                    new RedisCommand("XREAD", "COUNT", 1000L, "BLOCK", (long)Block.TotalMilliseconds, "STREAMS", stream, last),
                    Block,
                    _stopping.Token);
                foreach (var entry in EntriesOf(reply))
                {
                    last = entry.Items[0].Text!;
                    Tell(entry.Items[1]);
                }
            }
            catch (RedisException)
            {
                // The next call of the store meets the same trouble and tells of it.
                await Task.Delay(RetryDelay, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Tell(RespValue fields)
    {
        var values = fields.Pairs().ToDictionary(pair => pair.Name.Text!, pair => pair.Value.Text!, StringComparer.Ordinal);
        if (!values.TryGetValue("queue", out var queue)) return;
        if (values.TryGetValue("id", out var id) && TaskStates.Parse(values.GetValueOrDefault("status")) is { } status)
            changes.Publish(new TaskChange(id, queue, status));
        else
            changes.Wake(queue);
    }

    private static IEnumerable<RespValue> EntriesOf(RespValue reply)
    {
        if (reply.IsNull) return [];
        return reply.Kind == RespKind.Map ? reply.Items[1].Items : reply.Items[0].Items[1].Items;
    }
}
