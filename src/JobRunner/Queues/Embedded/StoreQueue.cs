using JobRunner.Tasks;

namespace JobRunner.Queues.Embedded;

/// <summary>A queue whose messages are the records of a store: every promise of a queue is one of the store's.</summary>
/// <param name="name">Name of the queue in the store.</param>
/// <param name="store">The store; it outlives the queue.</param>
/// <param name="options">What messages get that do not say.</param>
/// <param name="isDurable">Whether the store survives this process.</param>
/// <param name="maxInterruptions">Lost leases after which a message fails.</param>
/// <param name="time">The clock.</param>
internal sealed class StoreQueue(
    string name, ITaskStore store, QueueOptions options, bool isDurable, int maxInterruptions, TimeProvider time) : IJobQueue
{
    /// <summary>Longest wait of one fetch, so that a pause or a lease that ended elsewhere is seen.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(500);

    private long _lastSweep = long.MinValue;

    public string Name => name;

    public long? MaxMessageSize => options.MaxMessageSize;

    public bool IsDurable => isDurable;

    public ITaskStore Store => store;

    public Task ConnectAsync(CancellationToken cancellationToken) => Guard(() => store.OpenAsync(cancellationToken));

    public Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            using var arrivals = store.Changes.WatchQueue(name);
            var claim = new TaskClaim(name, max, lease);
            await SweepAsync(cancellationToken);
            var taken = await store.ClaimAsync(claim, cancellationToken);
            if (taken.Count == 0)
            {
                await WaitAsync(arrivals, cancellationToken);
                taken = await store.ClaimAsync(claim, cancellationToken);
            }

            return (IReadOnlyList<QueueLease>)[.. taken.Select(StoreMessages.LeaseOf)];
        });

    public Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        Guard(() => store.RenewAsync([.. leases.Select(held => held.Task!)], lease, cancellationToken));

    public Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        Guard(async () => await store.FinishAsync(lease.Task!, outcome, cancellationToken) is not null);

    public Task<bool> RetryAsync(
        QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken) =>
        Guard(async () => await store.RetryAsync(lease.Task!, failure, delay, cancellationToken) is not null);

    public Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken) =>
        Guard(() => store.ReleaseAsync(lease.Task!, cancellationToken));

    public Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken) =>
        CompleteAsync(lease, failure, cancellationToken);

    public Task<IReadOnlyList<string>> PutAsync(
        IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages)
            CheckSize(message.Body);
        return Guard(async () =>
        {
            var added = await store.AddManyAsync(
                [.. messages.Select(message => StoreMessages.TaskOf(message, name, options))], cancellationToken);
            return (IReadOnlyList<string>)[.. added.Select((addition, index) => IdOf(addition, messages[index]))];
        });
    }

    public Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken)
    {
        CheckSize(body);
        return Guard(() => store.AddAsync(
            StoreMessages.Outcome(destination, body, correlationId, options), maxQueued: null, cancellationToken));
    }

    public Task<QueueStatus> InspectAsync(CancellationToken cancellationToken) =>
        Guard(() => store.InspectAsync(name, cancellationToken));

    public Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken) => Guard(async () =>
        (IReadOnlyList<QueueMessage>)
            [.. (await store.PeekAsync(name, max, cancellationToken)).Select(StoreMessages.MessageOf)]);

    public Task<long> PurgeAsync(CancellationToken cancellationToken) =>
        Guard(async () => (long)await store.CancelQueuedAsync(name, cancellationToken));

    public Task PauseAsync(CancellationToken cancellationToken) => Guard(() => store.PauseAsync(name, cancellationToken));

    public Task ResumeAsync(CancellationToken cancellationToken) => Guard(() => store.ResumeAsync(name, cancellationToken));

    public Task<DeadLetterPage> ListDeadLettersAsync(int limit, string? after, CancellationToken cancellationToken) =>
        Guard(() => StoreDeadLetters.ListAsync(store, name, limit, after, cancellationToken));

    public Task<long> RetryDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        Guard(() => StoreDeadLetters.RetryAsync(store, name, ids, cancellationToken));

    public Task<long> PurgeDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        Guard(() => StoreDeadLetters.PurgeAsync(store, name, ids, cancellationToken));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void CheckSize(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MaxMessageSize)
            throw new MessageTooLargeException(body.Length, MaxMessageSize.Value);
    }

    private static string IdOf(TaskAddition addition, QueueMessage message) => addition.Record?.Id
        ?? throw new ArgumentException(
            $"the idempotency key \"{message.IdempotencyKey}\" was used before, for another payload", nameof(addition));

    // The store's words for the operator are the queue's.
    private static async Task Guard(Func<Task> work) => await Guard(async () =>
    {
        await work();
        return true;
    });

    private static async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (TaskStoreException exception)
        {
            throw new QueueUnavailableException(exception.Message, exception);
        }
    }

    private async Task WaitAsync(TaskWatch arrivals, CancellationToken cancellationToken)
    {
        var status = await store.InspectAsync(name, cancellationToken);
        var wait = LongestWait;
        if (status is { Depth: > 0, IsPaused: false })
            return;
        if (status.NextDueAt is { } due && due - time.GetUtcNow() < wait)
            wait = due - time.GetUtcNow();
        if (wait <= TimeSpan.Zero)
            return;
        using var expiry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(wait, time, expiry.Token);
        await Task.WhenAny(arrivals.WaitAsync(expiry.Token), timer);
        await expiry.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var last = Interlocked.Read(ref _lastSweep);
        if (last != long.MinValue && time.GetElapsedTime(last) < SweepInterval)
            return;
        if (Interlocked.CompareExchange(ref _lastSweep, time.GetTimestamp(), last) == last)
            await store.SweepAsync(maxInterruptions, cancellationToken);
    }
}
