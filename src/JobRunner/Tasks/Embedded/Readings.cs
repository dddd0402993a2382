using System.Globalization;
using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>Questions that change nothing.</summary>
internal static class Readings
{
    public static TaskRecord? Get(SqliteConnection connection, string id) =>
        connection.Query(TaskRows.Whole + " WHERE id = $id", TaskRows.Read, ("$id", id)).FirstOrDefault();

    public static TaskPage List(SqliteConnection connection, TaskQuery query)
    {
        var limit = Math.Clamp(query.Limit, 1, TaskQuery.MaxLimit);
        var before = query.After is { } cursor
            ? long.Parse(cursor, NumberStyles.None, CultureInfo.InvariantCulture)
            : long.MaxValue;
        var rows = connection.Query(
            TaskRows.Lean
            + """
             WHERE seq < $before AND ($status IS NULL OR status = $status) AND ($queue IS NULL OR queue = $queue)
              AND ($search IS NULL OR instr(id, $search) OR instr(endpoint, $search) OR instr(caller, $search)
                OR instr(tracing_id, $search) OR instr(error, $search))
             ORDER BY seq DESC LIMIT $limit
            """,
            row => (Record: TaskRows.Read(row), Sequence: TaskRows.Sequence(row)),
            ("$before", before),
            ("$status", query.Status is { } status ? (int)status : null),
            ("$queue", query.Queue),
            ("$search", query.Search is { Length: > 0 } search ? search : null),
            ("$limit", limit + 1));
        var hasMore = rows.Count > limit;
        var page = rows.Take(limit).ToList();
        return new TaskPage(
            [.. page.Select(row => row.Record)],
            hasMore ? page[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null);
    }

    public static List<TaskRecord> Peek(SqliteConnection connection, string queue, int max) => connection.Query(
        TaskRows.WithPayload + " WHERE queue = $queue AND status = 0 ORDER BY priority DESC, seq LIMIT $max",
        TaskRows.Read,
        ("$queue", queue),
        ("$max", max));

    public static List<TaskEvent> Events(SqliteConnection connection, string id, long after, int max) => connection.Query(
        "SELECT id, kind, at, data FROM events WHERE task_id = $id AND id > $after ORDER BY id LIMIT $max",
        row => new TaskEvent(row.GetInt64(0), row.GetString(1), TaskRows.Time(row.GetInt64(2)), row.GetString(3)),
        ("$id", id),
        ("$after", after),
        ("$max", max));

    public static QueueStatus Inspect(SqliteConnection connection, string queue, DateTimeOffset now)
    {
        var (values, time) = ((Name: "$queue", Value: (object?)queue), (Name: "$now", Value: (object?)TaskRows.Milliseconds(now)));
        var ready = connection.Query(
            "SELECT count(*), min(due) FROM tasks WHERE queue = $queue AND status = 0 AND due <= $now",
            row => (Count: row.GetInt64(0), Due: TimeOrNull(row, 1)),
            values,
            time)[0];
        var scheduled = connection.Query(
            "SELECT count(*), min(due) FROM tasks WHERE queue = $queue AND status = 0 AND due > $now",
            row => (Count: row.GetInt64(0), Due: TimeOrNull(row, 1)),
            values,
            time)[0];
        return new QueueStatus(queue)
        {
            Depth = ready.Count,
            Scheduled = scheduled.Count,
            OldestAt = ready.Due,
            NextDueAt = scheduled.Due,
            Running = connection.Scalar<long>("SELECT count(*) FROM tasks WHERE queue = $queue AND status IN (1, 2)", values),
            DeadLetters = connection.Scalar<long>("SELECT count(*) FROM tasks WHERE queue = $queue AND status = 4", values),
            IsPaused = IsPaused(connection, queue),
        };
    }

    public static List<string> Queues(SqliteConnection connection) =>
        connection.Query("SELECT DISTINCT queue FROM tasks UNION SELECT queue FROM paused ORDER BY 1", row => row.GetString(0));

    public static bool IsPaused(SqliteConnection connection, string queue) =>
        connection.Scalar<long>("SELECT count(*) FROM paused WHERE queue = $queue", ("$queue", queue)) > 0;

    private static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : TaskRows.Time(row.GetInt64(column));
}
