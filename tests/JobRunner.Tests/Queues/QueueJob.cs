using System.Collections.Concurrent;

namespace JobRunner.Tests.Queues;

/// <summary>A job that remembers what came.</summary>
public sealed class QueueJob
{
    private int _running;
    private int _mostRunning;

    public ConcurrentQueue<int> Seen { get; } = new();

    public int MostRunning => _mostRunning;

    public int Perform(int number)
    {
        Seen.Enqueue(number);
        return number * 2;
    }

    [JobEndpoint("/fail")]
    public void Fail(int number)
    {
        Seen.Enqueue(number);
        throw new InvalidOperationException($"cannot do {number}");
    }

    [JobEndpoint("/refuse")]
    public void Refuse(int number)
    {
        Seen.Enqueue(number);
        throw new ArgumentException($"will not do {number}");
    }

    [JobEndpoint("/slow")]
    public async Task<int> SlowAsync(int milliseconds, CancellationToken cancellationToken)
    {
        var running = Interlocked.Increment(ref _running);
        for (var most = _mostRunning; running > most; most = _mostRunning)
            Interlocked.CompareExchange(ref _mostRunning, running, most);
        await Task.Delay(milliseconds, cancellationToken);
        Interlocked.Decrement(ref _running);
        return milliseconds;
    }
}
