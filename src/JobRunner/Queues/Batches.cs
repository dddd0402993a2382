using System.Runtime.CompilerServices;

namespace JobRunner.Queues;

/// <summary>Groups what is produced, so that a broker is asked once for many. A batch that is not full goes when nothing
/// further comes for a moment: a slow producer must not hold back what it has made.</summary>
internal static class Batches
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);

    /// <summary>Groups what is produced; what came before an error of the producer goes before it is thrown.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<T>> OfAsync<T>(
        IAsyncEnumerable<T> source, int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var items = source.GetAsyncEnumerator(abandoned.Token);
        var batch = new List<T>(size);
        var next = items.MoveNextAsync().AsTask();
        try
        {
            for (var isOver = false; !isOver;)
            {
                if (batch.Count > 0 && !next.IsCompleted && await Task.WhenAny(next, Task.Delay(Linger, cancellationToken)) != next)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return batch;
                    batch = new List<T>(size);
                }

                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                isOver = !next.IsCompletedSuccessfully || !await next;
                if (!isOver)
                {
                    batch.Add(items.Current);
                    next = items.MoveNextAsync().AsTask();
                }

                if (batch.Count < size && !(isOver && batch.Count > 0))
                    continue;
                yield return batch;
                batch = new List<T>(size);
            }

            // An error of the producer is thrown only here.
            await next;
        }
        finally
        {
            await abandoned.CancelAsync();

            // A producer that is stuck is not waited for, and cannot be disposed before it has moved.
            if (next.IsCompleted)
                await items.DisposeAsync();
            else
                _ = DisposeAfterAsync(next, items);
        }
    }

    private static async Task DisposeAfterAsync(Task next, IAsyncDisposable items)
    {
        await next.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await items.DisposeAsync();
    }
}
