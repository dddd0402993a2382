using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Drops what is kept no longer, a portion per step, so that other changes are not held up.</summary>
internal sealed class RecordRetention(StoreCalls calls)
{
    private const string Completed = "ended:completed";
    private const string Failed = "ended:failed";
    private const int Portion = 500;

    public async Task<int> PurgeAsync(TaskRetention retention, CancellationToken cancellationToken)
    {
        var now = calls.Now;
        var count = await PurgeAsync(Completed, now - retention.Completed, int.MaxValue, cancellationToken);
        count += await PurgeAsync(Failed, now - retention.Failed, int.MaxValue, cancellationToken);
        foreach (var set in (string[])[Completed, Failed])
        {
            var sizes = await calls.SendAllAsync(
                [new RedisCommand("ZCARD", calls.Key(Completed)), new RedisCommand("ZCARD", calls.Key(Failed))], cancellationToken);
            var excess = sizes.Sum(size => size.Integer) - retention.MaxRecords;
            if (excess > 0)
                count += await PurgeAsync(set, DateTimeOffset.MaxValue, (int)Math.Min(excess, int.MaxValue), cancellationToken);
        }

        return count;
    }

    public async Task<int> DeleteAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var portion in ids.Chunk(Portion))
        {
            var deleted = await calls.EvaluateAsync(
                StoreScripts.Delete, portion.Select(id => (RedisArgument)id), cancellationToken);
            count += (int)deleted.Integer;
        }

        return count;
    }

    private async Task<int> PurgeAsync(string set, DateTimeOffset until, int most, CancellationToken cancellationToken)
    {
        var count = 0;
        while (count < most)
        {
            var ids = await calls.IdsAsync(set, until, Math.Min(Portion, most - count), cancellationToken);
            var deleted = await DeleteAsync(ids, cancellationToken);
            if (deleted == 0) break;
            count += deleted;
        }

        return count;
    }
}
