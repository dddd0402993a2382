namespace JobRunner;

/// <summary>
/// A queue, whatever carries it. All methods may be called from any thread. They throw
/// <see cref="QueueUnavailableException"/> where the broker is away; the worker then tries again with back-off.
/// </summary>
public interface IJobQueue : IAsyncDisposable
{
    /// <summary>Name without credentials, for logs and metrics.</summary>
    string Name { get; }

    /// <summary>Largest message in bytes; null: no limit but memory. Known once connected.</summary>
    long? MaxMessageSize { get; }

    /// <summary>Whether a killed worker's messages run elsewhere; false only for transports that are at most
    /// once.</summary>
    bool IsDurable { get; }

    /// <summary>The store that holds the messages themselves; null where a broker holds them, and records are written
    /// apart.</summary>
    ITaskStore? Store { get; }

    /// <summary>Connects and creates what is missing; harmless when done twice.</summary>
    Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Takes messages that may run now, waiting a while for the first: at most as many as asked for, none where
    /// none came.</summary>
    /// <param name="max">Most messages; the caller can start that many at once.</param>
    /// <param name="lease">How long a lease lasts unless it is renewed.</param>
    /// <param name="cancellationToken">Ends the wait; nothing that was taken is lost.</param>
    Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Renews leases.</summary>
    /// <returns>What became of each, in order.</returns>
    Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<QueueLease> leases, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Ends a message whose outcome is stored and whose reply is sent; a queue that holds the records stores the
    /// outcome in the same step. A failure that is to be listed goes to <see cref="DeadLetterAsync"/>.</summary>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> CompleteAsync(QueueLease lease, TaskOutcome outcome, CancellationToken cancellationToken);

    /// <summary>Ends a message whose call goes on and whose record and lease the store of records has taken over, since
    /// renewing told <see cref="LeaseState.Ending"/>. From then on only the store knows of it.</summary>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> HandOverAsync(QueueLease lease, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>Puts a message back for another attempt after a delay, without blocking those behind it.</summary>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> RetryAsync(QueueLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Gives a message back at once; no attempt is counted.</summary>
    Task ReleaseAsync(QueueLease lease, CancellationToken cancellationToken);

    /// <summary>Moves a message to the dead letters, with its error, attempts and times.</summary>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> DeadLetterAsync(QueueLease lease, TaskOutcome failure, CancellationToken cancellationToken);

    /// <summary>Puts messages; durable when it returns.</summary>
    /// <returns>Ids in order; an idempotency key that was used before gives the earlier message's.</returns>
    /// <exception cref="MessageTooLargeException">One is larger than the transport carries; none was put.</exception>
    Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken);

    /// <summary>Publishes an outcome where a message asks for it or the manifest does; in the words of the
    /// transport.</summary>
    /// <param name="destination">A <see cref="QueueMessage.ReplyTo"/> or the manifest's <c>results</c>.</param>
    /// <param name="body">The message.</param>
    /// <param name="correlationId">Id of the message that it answers.</param>
    /// <param name="cancellationToken">Ends the wait for the broker's word.</param>
    /// <exception cref="UnroutableMessageException">The broker knows no such place.</exception>
    /// <exception cref="MessageTooLargeException">The message is larger than the transport carries.</exception>
    Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken);

    /// <summary>Counts what waits and runs.</summary>
    Task<QueueStatus> InspectAsync(CancellationToken cancellationToken);

    /// <summary>Reads messages that wait, without taking them.</summary>
    Task<IReadOnlyList<QueueMessage>> PeekAsync(int max, CancellationToken cancellationToken);

    /// <summary>Drops everything that waits.</summary>
    /// <returns>How many.</returns>
    Task<long> PurgeAsync(CancellationToken cancellationToken);

    /// <summary>Hands out nothing any more, to any worker, until <see cref="ResumeAsync"/>.</summary>
    Task PauseAsync(CancellationToken cancellationToken);

    /// <summary>Ends a pause.</summary>
    Task ResumeAsync(CancellationToken cancellationToken);

    /// <summary>Lists dead letters.</summary>
    Task<DeadLetterPage> ListDeadLettersAsync(int limit, string? after, CancellationToken cancellationToken);

    /// <summary>Puts dead letters back, with all their attempts.</summary>
    /// <param name="ids">Which; null: all.</param>
    /// <param name="cancellationToken">Stops after the letters that are moved already.</param>
    /// <returns>How many.</returns>
    Task<long> RetryDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken);

    /// <summary>Drops dead letters.</summary>
    /// <param name="ids">Which; null: all.</param>
    /// <param name="cancellationToken">Stops after the letters that are dropped already.</param>
    /// <returns>How many.</returns>
    Task<long> PurgeDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken);
}
