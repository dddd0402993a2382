using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>The tables, and how older files become newer ones: each step is one version of <c>user_version</c>.</summary>
internal static class Schema
{
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE tasks(
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          queue TEXT NOT NULL,
          endpoint TEXT NOT NULL,
          status INTEGER NOT NULL,
          attempts INTEGER NOT NULL,
          max_attempts INTEGER NOT NULL,
          interruptions INTEGER NOT NULL,
          created INTEGER NOT NULL,
          started INTEGER,
          ended INTEGER,
          not_before INTEGER,
          due INTEGER NOT NULL,
          deadline INTEGER,
          priority INTEGER NOT NULL,
          progress REAL,
          progress_message TEXT,
          caller TEXT,
          tracing_id TEXT,
          predecessor_id TEXT,
          trace_parent TEXT,
          idempotency_key TEXT,
          reply_to TEXT,
          webhook_url TEXT,
          properties TEXT,
          http_status INTEGER,
          media_type TEXT,
          headers TEXT,
          error TEXT,
          error_type TEXT,
          first_failed INTEGER,
          last_failed INTEGER,
          lease_owner TEXT,
          lease_expires INTEGER,
          fence INTEGER NOT NULL,
          revision INTEGER NOT NULL,
          payload BLOB NOT NULL,
          result BLOB);
        CREATE INDEX tasks_ready ON tasks(queue, priority DESC, seq) WHERE status = 0;
        CREATE INDEX tasks_due ON tasks(queue, due) WHERE status = 0;
        CREATE INDEX tasks_leased ON tasks(queue, lease_expires) WHERE status IN (1, 2);
        CREATE INDEX tasks_ended ON tasks(status, ended) WHERE status >= 3;
        CREATE INDEX tasks_changed ON tasks(revision);
        CREATE TABLE events(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          task_id TEXT NOT NULL,
          kind TEXT NOT NULL,
          at INTEGER NOT NULL,
          data TEXT NOT NULL);
        CREATE INDEX events_of_task ON events(task_id, id);
        CREATE TABLE idempotency(
          key BLOB PRIMARY KEY,
          fingerprint BLOB NOT NULL,
          task_id TEXT NOT NULL,
          expires INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX idempotency_expired ON idempotency(expires);
        CREATE TABLE paused(queue TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE revision(value INTEGER NOT NULL);
        INSERT INTO revision VALUES(0);
        """,
    ];

    /// <exception cref="TaskStoreException">The file was written by a newer version.</exception>
    public static void Migrate(SqliteConnection connection)
    {
        if (Version(connection) == Steps.Length)
            return;
        using var transaction = connection.BeginTransaction();

        // Another process may have been faster.
        var version = Version(connection);
        if (version > Steps.Length)
        {
            throw new TaskStoreException(
                $"{connection.DataSource} has version {version}, written by a newer release; this one knows up to {Steps.Length}");
        }

        for (var step = version; step < Steps.Length; step++)
            connection.Execute(Steps[step]);
        connection.Execute($"PRAGMA user_version = {Steps.Length}");
        transaction.Commit();
    }

    private static int Version(SqliteConnection connection) => (int)connection.Scalar<long>("PRAGMA user_version");
}
