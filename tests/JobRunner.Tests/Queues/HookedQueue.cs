using JobRunner.Queues.Embedded;
using JobRunner.Tasks.Embedded;

namespace JobRunner.Tests.Queues;

/// <summary>The queue in memory, with a broker's moods: a test may hold up or fail what a worker asks of it.</summary>
internal sealed class HookedQueue(IJobQueue inner, QueueHooks hooks) : IJobQueue
{
    public string Name => inner.Name;

    public long? MaxMessageSize => inner.MaxMessageSize;

    public bool IsDurable => inner.IsDurable;

    public ITaskStore? Store => inner.Store;

    public Task ConnectAsync(CancellationToken cancellationToken) =>
        After("connect", () => inner.ConnectAsync(cancellationToken));

    public async Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken)
    {
        hooks.Asked.Enqueue(max);
        hooks.Fetch = cancellationToken;
        await hooks.Before("receive");
        var leases = await inner.ReceiveAsync(max, lease, cancellationToken);
        if (leases.Count > 0)
            await hooks.Before("received");
        return leases;
    }

    public async Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        await hooks.Before("renew");
        return await inner.RenewAsync(leases, lease, cancellationToken);
    }

    public Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken) =>
        After("settle", () => inner.CompleteAsync(lease, outcome, cancellationToken));

    public Task<bool> RetryAsync(QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken)
    {
        hooks.Delays.Enqueue(delay);
        return After("settle", () => inner.RetryAsync(lease, failure, delay, cancellationToken));
    }

    public Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken) =>
        After("release", () => inner.ReleaseAsync(lease, cancellationToken));

    public Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken) =>
        After("settle", () => inner.DeadLetterAsync(lease, failure, cancellationToken));

    public Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken) =>
        inner.PutAsync(messages, cancellationToken);

    public Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken) =>
        After("publish", () => inner.PublishAsync(destination, body, correlationId, cancellationToken));

    public async Task<QueueStatus> InspectAsync(CancellationToken cancellationToken)
    {
        await hooks.Before("inspect");
        return await inner.InspectAsync(cancellationToken);
    }

    public Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken) => inner.PeekAsync(max, cancellationToken);

    public Task<long> PurgeAsync(CancellationToken cancellationToken) => inner.PurgeAsync(cancellationToken);

    public Task PauseAsync(CancellationToken cancellationToken) => inner.PauseAsync(cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken) => inner.ResumeAsync(cancellationToken);

    public Task<DeadLetterPage> ListDeadLettersAsync(int limit, string? after, CancellationToken cancellationToken) =>
        inner.ListDeadLettersAsync(limit, after, cancellationToken);

    public Task<long> RetryDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        inner.RetryDeadLettersAsync(ids, cancellationToken);

    public Task<long> PurgeDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        inner.PurgeDeadLettersAsync(ids, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task After(string step, Func<Task> work)
    {
        await hooks.Before(step);
        await work();
    }

    private async Task<T> After<T>(string step, Func<Task<T>> work)
    {
        await hooks.Before(step);
        return await work();
    }
}

/// <summary>What a test does to a <see cref="HookedQueue"/>, and what it saw.</summary>
internal sealed class QueueHooks
{
    /// <summary>Called before each step: connect, receive, received (with messages), renew, settle, release, publish,
    /// inspect.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Ends the fetch that is under way.</summary>
    public CancellationToken Fetch { get; set; }

    /// <summary>Most messages, as each fetch asked.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<int> Asked { get; } = new();

    /// <summary>Delays of the retries.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<TimeSpan> Delays { get; } = new();
}

/// <summary>Makes hooked queues of <c>memory:</c> URLs.</summary>
internal sealed class HookedTransport(EmbeddedTransport stores, TimeProvider time, QueueHooks hooks) : IJobQueueTransport
{
    public IReadOnlyCollection<string> Schemes { get; } = ["memory"];

    public IJobQueue Create(QueueOptions options) =>
        new HookedQueue(new EmbeddedQueues(stores, maxInterruptions: 10, time).Create(options), hooks);
}
