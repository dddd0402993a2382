namespace JobRunner.Queues.Embedded;

/// <summary>The failed records of a queue: its dead letters.</summary>
internal static class StoreDeadLetters
{
    private const int PageSize = 200;

    public static async Task<DeadLetterPage> ListAsync(
        ITaskStore store, string queue, int limit, string? after, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(Query(queue, limit, after), cancellationToken);
        var letters = new List<DeadLetter>(page.Tasks.Count);
        foreach (var listed in page.Tasks)
        {
            // A list carries no payloads.
            if (await store.GetAsync(listed.Id, cancellationToken) is { Status: TaskState.Failed } record)
                letters.Add(StoreMessages.DeadLetterOf(record));
        }

        return new DeadLetterPage(letters, page.Next);
    }

    public static async Task<long> RetryAsync(
        ITaskStore store, string queue, IReadOnlyCollection<string>? ids, CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var id in await FailedAsync(store, queue, ids, cancellationToken))
        {
            if (await store.RequeueAsync(id, cancellationToken) == RequeueAnswer.Queued)
                count++;
        }

        return count;
    }

    public static async Task<long> PurgeAsync(
        ITaskStore store, string queue, IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        await store.DeleteAsync(await FailedAsync(store, queue, ids, cancellationToken), cancellationToken);

    // Oldest first, so that letters that are put back run in the order in which they came.
    private static async Task<List<string>> FailedAsync(
        ITaskStore store, string queue, IReadOnlyCollection<string>? ids, CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        if (ids is null)
        {
            for (TaskPage? page = null; page is null || page.Next is not null;)
            {
                page = await store.ListAsync(Query(queue, PageSize, page?.Next), cancellationToken);
                failed.AddRange(page.Tasks.Select(record => record.Id));
            }

            failed.Reverse();
            return failed;
        }

        foreach (var id in ids)
        {
            if (await store.GetAsync(id, cancellationToken) is { Status: TaskState.Failed } record && record.Queue == queue)
                failed.Add(id);
        }

        return failed;
    }

    private static TaskQuery Query(string queue, int limit, string? after) =>
        new() { Status = TaskState.Failed, Queue = queue, Limit = Math.Clamp(limit, 1, TaskQuery.MaxLimit), After = after };
}
