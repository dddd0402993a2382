namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// Follows sampled objects through garbage collections by the ranges of addresses that each collection reports as
/// surviving. Background collections are not judged by: they run beside allocations, and a full blocking collection
/// ends every recording anyway.
/// </summary>
internal sealed class SurvivorTracker
{
    private readonly List<SampledObject> _alive = [];
    private readonly Stack<Collection> _running = new();

    public List<SampledObject> All { get; } = [];

    public void Allocated(SampledObject sampled)
    {
        All.Add(sampled);
        _alive.Add(sampled);
    }

    public void CollectionStarted(int number, int generation, bool isBlocking) =>
        _running.Push(new Collection(number, generation, isBlocking, []));

    public void Survived(ulong from, ulong to, ulong length)
    {
        if (_running.TryPeek(out var collection))
            collection.Ranges.Add(new SurvivingRange(from, to, length));
    }

    public void CollectionEnded(int number)
    {
        // A collection whose start was not recorded has nothing to say.
        if (!_running.TryPeek(out var collection) || collection.Number != number)
            return;
        _running.Pop();
        if (collection.IsBlocking)
            Judge(collection);
    }

    private void Judge(Collection collection)
    {
        collection.Ranges.Sort(static (a, b) => a.From.CompareTo(b.From));
        foreach (var sampled in _alive)
        {
            if (sampled.Generation > collection.Generation)
                continue;
            if (Find(collection.Ranges, sampled.Address) is { } range)
                sampled.MoveTo(range.To + (sampled.Address - range.From));
            else
                sampled.Die();
        }

        _alive.RemoveAll(static sampled => !sampled.IsAlive);
    }

    private static SurvivingRange? Find(List<SurvivingRange> ranges, ulong address)
    {
        var low = 0;
        var high = ranges.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var range = ranges[middle];
            if (address < range.From)
                high = middle - 1;
            else if (address - range.From >= range.Length)
                low = middle + 1;
            else
                return range;
        }

        return null;
    }

    private sealed record Collection(int Number, int Generation, bool IsBlocking, List<SurvivingRange> Ranges);

    private sealed record SurvivingRange(ulong From, ulong To, ulong Length);
}
