using System.Text;

namespace JobRunner.Conformance.Queues;

/// <summary>
/// What every transport does. A transport is right when a class that derives from this one, or from
/// <see cref="ExpiringLeaseSuite"/> where its leases run out by time, passes unchanged. Each test has a queue of its own.
/// </summary>
public abstract partial class JobQueueSuite : IAsyncLifetime
{
    /// <summary>Longest wait for what must come.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>How long nothing must come.</summary>
    protected static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongLease = TimeSpan.FromSeconds(30);

    private readonly List<IJobQueue> _opened = [];

    /// <summary>Name of this test's queue.</summary>
    protected string QueueName { get; } = $"q{Guid.NewGuid():N}";

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Makes a handle on a queue, as a process of its own would; it is not connected yet.</summary>
    protected abstract IJobQueue Create(QueueSetup setup);

    /// <summary>Begins to listen where outcomes are published.</summary>
    /// <returns>Waits for the next body. By default the destination is a queue of that name.</returns>
    protected virtual async Task<Func<Task<ReadOnlyMemory<byte>>>> ListenAsync(string destination)
    {
        var queue = await OpenAsync(new QueueSetup(destination));
        return async () => (await TakeAsync(queue)).Message.Body;
    }

    /// <summary>A place for outcomes, in the words of the transport.</summary>
    protected virtual string Destination => $"{QueueName}.results";

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var queue in _opened)
            await queue.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected Task<IJobQueue> OpenAsync() => OpenAsync(new QueueSetup(QueueName));

    protected async Task<IJobQueue> OpenAsync(QueueSetup setup)
    {
        var queue = Create(setup);
        _opened.Add(queue);
        await queue.ConnectAsync(Stop);
        return queue;
    }

    protected static QueueMessage Message(string body = "{}") => new() { Body = Encoding.UTF8.GetBytes(body) };

    protected static string TextOf(QueueMessage message) => Encoding.UTF8.GetString(message.Body.Span);

    protected static async Task<string> PutAsync(IJobQueue queue, QueueMessage message) =>
        (await queue.PutAsync([message], Stop)).Single();

    protected static async Task PutAsync(IJobQueue queue, params string[] bodies) =>
        await queue.PutAsync([.. bodies.Select(Message)], Stop);

    protected static Task<QueueLease> TakeAsync(IJobQueue queue) => TakeAsync(queue, LongLease);

    /// <summary>Takes one message, which must come.</summary>
    protected static async Task<QueueLease> TakeAsync(IJobQueue queue, TimeSpan lease)
    {
        using var expiry = Expiry(Patience);
        while (true)
        {
            if (await queue.ReceiveAsync(1, lease, expiry.Token) is [var taken])
                return taken;
        }
    }

    /// <summary>Takes nothing for a while, since nothing must come.</summary>
    protected static async Task NothingComesAsync(IJobQueue queue, TimeSpan? duration = null)
    {
        using var expiry = Expiry(duration ?? Silence);
        try
        {
            while (!expiry.IsCancellationRequested)
                (await queue.ReceiveAsync(1, LongLease, expiry.Token)).ShouldBeEmpty();
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            // Nothing came.
        }
    }

    /// <summary>Takes and completes messages one after the other.</summary>
    protected static async Task<List<string>> WorkOffAsync(IJobQueue queue, int count)
    {
        var bodies = new List<string>();
        while (bodies.Count < count)
        {
            var lease = await TakeAsync(queue);
            bodies.Add(TextOf(lease.Message));
            (await queue.CompleteAsync(lease, Success(), Stop)).ShouldBeTrue();
        }

        return bodies;
    }

    protected static async Task StatusBecomesAsync(IJobQueue queue, Func<QueueStatus, bool> condition)
    {
        using var expiry = Expiry(Patience);
        while (true)
        {
            var status = await queue.InspectAsync(expiry.Token);
            if (condition(status))
                return;
            if (expiry.IsCancellationRequested)
                throw new TimeoutException($"the queue stays at {status}");
            await Task.Delay(20, Stop);
        }
    }

    protected static TaskOutcome Success(string result = "1") =>
        new() { HttpStatus = 200, Result = Encoding.UTF8.GetBytes(result) };

    protected static TaskOutcome Failure(string error = "it broke", string type = "BrokenException") => new()
    {
        HttpStatus = 500,
        Result = Encoding.UTF8.GetBytes($$"""{"error":"{{error}}","type":"{{type}}"}"""),
        Error = error,
        ErrorType = type,
        IsRetryable = true,
    };

    protected static CancellationTokenSource Expiry(TimeSpan time)
    {
        var expiry = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        expiry.CancelAfter(time);
        return expiry;
    }
}
