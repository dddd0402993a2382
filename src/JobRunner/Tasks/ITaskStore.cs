namespace JobRunner;

/// <summary>
/// The records of tasks and messages. Every change is durable when its method returns, as far as the store is; every
/// change of state follows <see cref="TaskStates.CanBecome"/>, adds a <see cref="TaskEventKinds.State"/> event in the
/// same step, and is told to <see cref="Changes"/> afterwards. All methods may be called from any thread, before
/// <see cref="OpenAsync"/> too, which they then await. They throw <see cref="TaskStoreException"/> where the store cannot
/// be reached or written.
/// </summary>
public interface ITaskStore : IAsyncDisposable
{
    /// <summary>How long an idempotency key is remembered.</summary>
    static readonly TimeSpan IdempotencyWindow = TimeSpan.FromHours(24);

    /// <summary>Whether other machines see the same records.</summary>
    bool IsShared { get; }

    /// <summary>Largest result in bytes; null: no limit but memory. Known once open.</summary>
    long? MaxResultSize => null;

    /// <summary>Tells of changes, those of other processes included.</summary>
    TaskChanges Changes { get; }

    /// <summary>Connects, creates what is missing, and starts to follow changes. Doing it twice is harmless; after a
    /// failure it may be tried again.</summary>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Adds a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="maxQueued">Most tasks that may wait in its queue; null: any number.</param>
    /// <param name="cancellationToken">Ends the wait; the task may be added all the same.</param>
    Task<TaskAddition> AddAsync(NewTask task, int? maxQueued, CancellationToken cancellationToken);

    /// <summary>Adds tasks in one step, all of them or, after an exception, none.</summary>
    Task<IReadOnlyList<TaskAddition>> AddManyAsync(IReadOnlyList<NewTask> tasks, CancellationToken cancellationToken);

    /// <summary>Writes the record of a message whose lease a broker holds, newly or over an older one. A finished record
    /// is only replaced by a finished one; a record with a <see cref="TaskRecord.LeaseExpiresAt"/> is swept like
    /// any other once that passes.</summary>
    /// <returns>False where the stored record has a greater fencing token, or is finished.</returns>
    /// <exception cref="MessageTooLargeException">The result is larger than the store takes.</exception>
    Task<bool> RecordAsync(TaskRecord record, CancellationToken cancellationToken);

    /// <summary>Reads one record; null where there is none.</summary>
    Task<TaskRecord?> GetAsync(string id, CancellationToken cancellationToken);

    /// <summary>Lists records, newest first.</summary>
    /// <exception cref="FormatException">The cursor is none of this store's.</exception>
    Task<TaskPage> ListAsync(TaskQuery query, CancellationToken cancellationToken);

    /// <summary>Takes tasks that may run now, highest priority first, then in order of arrival. Returns at once; none from
    /// a paused queue.</summary>
    Task<IReadOnlyList<TaskLease>> ClaimAsync(TaskClaim claim, CancellationToken cancellationToken);

    /// <summary>Renews leases.</summary>
    /// <returns>What became of each, in order.</returns>
    Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<TaskLease> leases, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Notes how far a run has come, and adds the event.</summary>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> ReportAsync(TaskLease lease, double progress, string? message, CancellationToken cancellationToken);

    /// <summary>Adds events of a run.</summary>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> AppendAsync(TaskLease lease, IReadOnlyList<NewTaskEvent> events, CancellationToken cancellationToken);

    /// <summary>Ends a task and counts the attempt. One that was told to stop becomes cancelled.</summary>
    /// <returns>The record; null where the lease is lost, in which case nothing is changed.</returns>
    Task<TaskRecord?> FinishAsync(TaskLease lease, TaskOutcome outcome, CancellationToken cancellationToken);

    /// <summary>Puts a failed task back for another attempt after a delay, and counts this one. One that was told to stop
    /// becomes cancelled.</summary>
    /// <returns>The record; null where the lease is lost.</returns>
    Task<TaskRecord?> RetryAsync(
        TaskLease lease, TaskOutcome failure, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Gives a task back unfinished; neither an attempt nor an interruption is counted.</summary>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> ReleaseAsync(TaskLease lease, CancellationToken cancellationToken);

    /// <summary>Stops a task: a queued one never runs, a running one is told.</summary>
    Task<CancelAnswer> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>Runs a failed or cancelled task again, with all its attempts.</summary>
    Task<RequeueAnswer> RequeueAsync(string id, CancellationToken cancellationToken);

    /// <summary>Finds every running record without a live lease: it is queued again, and an interruption counted; past the
    /// bound it fails as lost. One that was told to stop becomes cancelled.</summary>
    /// <returns>The records that were found, as they are now.</returns>
    Task<IReadOnlyList<TaskRecord>> SweepAsync(int maxInterruptions, CancellationToken cancellationToken);

    /// <summary>Drops ended records that are kept no longer, in small steps.</summary>
    /// <returns>How many.</returns>
    Task<int> PurgeAsync(TaskRetention retention, CancellationToken cancellationToken);

    /// <summary>Drops records of these ids that have ended.</summary>
    /// <returns>How many.</returns>
    Task<int> DeleteAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Counts what waits and runs in a queue.</summary>
    Task<QueueStatus> InspectAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Counts what waits and runs in every queue that has records.</summary>
    Task<IReadOnlyList<QueueStatus>> InspectAllAsync(CancellationToken cancellationToken);

    /// <summary>Stops handing out the tasks of a queue, in every process.</summary>
    Task PauseAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Hands them out again.</summary>
    Task ResumeAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Cancels everything that waits in a queue.</summary>
    /// <returns>How many.</returns>
    Task<int> CancelQueuedAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Reads the tasks that wait in a queue, in the order in which they would run, payloads included.</summary>
    Task<IReadOnlyList<TaskRecord>> PeekAsync(string queue, int max, CancellationToken cancellationToken);

    /// <summary>Reads the events of a task, oldest first.</summary>
    /// <param name="id">Id of the task.</param>
    /// <param name="after">Id of the last event that is known; 0: none.</param>
    /// <param name="max">Most events.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<TaskEvent>> ReadEventsAsync(
        string id, long after, int max, CancellationToken cancellationToken);
}
