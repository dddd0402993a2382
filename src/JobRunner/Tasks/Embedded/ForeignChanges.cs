using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>Learns what other processes have written to the file, and tells it.</summary>
internal sealed class ForeignChanges(Database database, WriteLoop writes, TaskChanges changes, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Polls are to be answered within 50 ms of an end, wherever it was written. A look costs some ten microseconds,
    /// for it reads one number of shared memory.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Begins to follow the file.</summary>
    /// <param name="revision">Revision of which everything is known.</param>
    public void Start(long revision) => _loop = Task.Run(() => LoopAsync(revision));

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task LoopAsync(long revision)
    {
        using var timer = new PeriodicTimer(Interval, time);
        SqliteConnection? connection = null;
        var version = -1L;
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    connection ??= database.Open();
                    var current = connection.Scalar<long>("PRAGMA data_version");
                    if (current == version)
                        continue;
                    revision = Read(connection, revision);
                    version = current;
                }
                catch (SqliteException)
                {
                    // The writer meets the same trouble and tells of it.
                    connection?.Dispose();
                    connection = null;
                    version = -1;
                }
            }
        }
        finally
        {
            connection?.Dispose();
        }
    }

    private long Read(SqliteConnection connection, long known)
    {
        var latest = connection.Scalar<long>("SELECT value FROM revision");
        var rows = connection.Query(
            "SELECT id, queue, status, revision FROM tasks WHERE revision > $known AND revision <= $latest ORDER BY revision",
            row => (Change: new TaskChange(row.GetString(0), row.GetString(1), (TaskState)row.GetInt32(2)), Revision: row.GetInt64(3)),
            ("$known", known),
            ("$latest", latest));
        foreach (var (change, revision) in rows)
        {
            if (!writes.OwnRevisions.ContainsKey(revision))
                changes.Publish(change);
        }

        foreach (var revision in writes.OwnRevisions.Keys)
        {
            if (revision <= latest)
                writes.OwnRevisions.TryRemove(revision, out _);
        }

        return latest;
    }
}
