using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>The one writer of this process. Changes that wait at the same time share a transaction, and so the wait for
/// the disk; each still succeeds or fails alone.</summary>
internal sealed class WriteLoop(Database database, TaskChanges changes, TimeProvider time) : IDisposable
{
    private const int MaxBatch = 512;

    private readonly BlockingCollection<Work> _waiting = [];
    private readonly Lock _lock = new();
    private Thread? _thread;
    private SqliteConnection? _connection;
    private OwnerLock? _ownerLock;

    /// <summary>Revisions that this process wrote, until the follower of the file has passed them.</summary>
    public ConcurrentDictionary<long, byte> OwnRevisions { get; } = new();

    /// <summary>Makes one change; it is durable when the task ends.</summary>
    /// <exception cref="TaskStoreException">Nothing was stored.</exception>
    public Task<T> RunAsync<T>(Func<WriteStep, T> change, CancellationToken cancellationToken)
    {
        var work = new Work<T>(change);
        try
        {
            EnsureStarted();
            _waiting.Add(work, cancellationToken);
        }
        catch (InvalidOperationException)
        {
            throw new TaskStoreException("the task store is closed");
        }

        return work.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Whether the owner of a lease has ended; called inside a change.</summary>
    public bool IsGone(string? owner) => owner is not null && _ownerLock?.IsGone(owner) == true;

    /// <summary>Removes what owners left that are gone; called inside a change.</summary>
    public void RemoveGoneOwners() => _ownerLock?.RemoveGone();

    public void Dispose()
    {
        Thread? thread;
        lock (_lock)
        {
            if (_waiting.IsAddingCompleted)
                return;
            _waiting.CompleteAdding();
            thread = _thread;
        }

        thread?.Join();
    }

    private void EnsureStarted()
    {
        lock (_lock)
        {
            if (_thread is not null || _waiting.IsAddingCompleted)
                return;
            _thread = new Thread(Loop) { IsBackground = true, Name = "JobRunner task store" };
            _thread.Start();
        }
    }

    private void Loop()
    {
        var batch = new List<Work>();
        foreach (var first in _waiting.GetConsumingEnumerable())
        {
            batch.Clear();
            batch.Add(first);
            while (batch.Count < MaxBatch && _waiting.TryTake(out var next))
                batch.Add(next);
            Run(batch);
        }

        Close();
        _ownerLock?.Dispose();
        database.Close();
    }

    private void Run(List<Work> batch)
    {
        if (TryCommit(batch) is not { } error)
            return;

        // One that does not fit on the disk must not take the others with it.
        if (batch.Count > 1 && _connection is not null)
        {
            foreach (var work in batch)
                Run([work]);
            return;
        }

        var explained = database.Explain(error);
        foreach (var work in batch)
            work.Fail(explained);
    }

    private Exception? TryCommit(List<Work> batch)
    {
        try
        {
            _connection ??= database.OpenWriter();
            if (database.Path is not null)
                _ownerLock ??= OwnerLock.Take(database.Path);
            Commit(_connection, batch);
            return null;
        }
        catch (Exception exception)
        {
            // A connection that cannot roll back is in no known state.
            if (exception is not SqliteException { SqliteErrorCode: 5 or 6 or 13 })
                Close();
            return exception;
        }
    }

    private void Commit(SqliteConnection connection, List<Work> batch)
    {
        using var transaction = connection.BeginTransaction();
        var revision = connection.Scalar<long>("UPDATE revision SET value = value + 1 RETURNING value");
        foreach (var work in batch)
        {
            work.Step = new WriteStep(connection, _ownerLock?.Owner ?? "memory", revision, time.GetUtcNow());
            transaction.Save("change");
            if (!work.TryRun())
                transaction.Rollback("change");
            transaction.Release("change");
        }

        if (database.Path is not null)
            OwnRevisions.TryAdd(revision, 0);
        try
        {
            transaction.Commit();
        }
        catch
        {
            OwnRevisions.TryRemove(revision, out _);
            throw;
        }

        foreach (var work in batch)
            Tell(work);
        foreach (var work in batch)
            work.Succeed();
    }

    private void Tell(Work work)
    {
        if (!work.HasRun)
            return;
        foreach (var change in work.Step!.Changes)
            changes.Publish(change);
        foreach (var queue in work.Step.Woken)
            changes.Wake(queue);
    }

    private void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private abstract class Work
    {
        public WriteStep? Step { get; set; }

        public bool HasRun { get; protected set; }

        /// <summary>Makes the change; false where it failed for a reason of its own.</summary>
        public abstract bool TryRun();

        public abstract void Succeed();

        public abstract void Fail(Exception exception);
    }

    private sealed class Work<T>(Func<WriteStep, T> change) : Work
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _error;

        public Task<T> Task => _completion.Task;

        public override bool TryRun()
        {
            HasRun = false;
            _error = null;
            try
            {
                _result = change(Step!);
                return HasRun = true;
            }
            catch (Exception exception) when (exception is not SqliteException { SqliteErrorCode: not 19 })
            {
                _error = exception;
                return false;
            }
        }

        public override void Succeed()
        {
            if (_error is not null)
                _completion.TrySetException(_error);
            else
                _completion.TrySetResult(_result!);
        }

        public override void Fail(Exception exception) => _completion.TrySetException(exception);
    }
}
