using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace JobRunner.Tests.Execution;

/// <summary>A job whose calls end when the test says so.</summary>
public sealed class HeldJob
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _ends = new();

    public ConcurrentQueue<int> Started { get; } = new();

    public ConcurrentQueue<int> Cancelled { get; } = new();

    public Task PerformAsync(int id = 0)
    {
        Started.Enqueue(id);
        return EndOf(id).Task;
    }

    [JobEndpoint("/other")]
    public Task Other(int id = 0) => PerformAsync(id);

    [JobEndpoint("/blocking")]
    public int Blocking(int id = 0)
    {
        Started.Enqueue(id);
        EndOf(id).Task.Wait();
        return id;
    }

    [JobEndpoint("/cancellable")]
    public async Task Cancellable(CancellationToken cancellationToken, int id = 0)
    {
        Started.Enqueue(id);
        try
        {
            await EndOf(id).Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Cancelled.Enqueue(id);
            throw;
        }
    }

    [JobEndpoint("/stream")]
    public async IAsyncEnumerable<int> Stream([EnumeratorCancellation] CancellationToken cancellationToken, int id = 0)
    {
        Started.Enqueue(id);
        yield return 1;
        await EndOf(id).Task.WaitAsync(cancellationToken);
        yield return 2;
    }

    [JobEndpoint("/thread")]
    public int CurrentThread() => Environment.CurrentManagedThreadId;

    public void End(int id = 0) => EndOf(id).TrySetResult();

    private TaskCompletionSource EndOf(int id) =>
        _ends.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
