using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>One change inside a transaction, and what is to be told of it once that is committed.</summary>
internal sealed class WriteStep(SqliteConnection connection, string owner, long revision, DateTimeOffset now)
{
    public SqliteConnection Connection { get; } = connection;

    public string Owner { get; } = owner;

    public long Revision { get; } = revision;

    public DateTimeOffset Now { get; } = now;

    public List<TaskChange> Changes { get; } = [];

    /// <summary>Queues whose waiting workers look again.</summary>
    public List<string> Woken { get; } = [];

    public TaskRecord? Find(string id) =>
        Connection.Query(TaskRows.Lean + " WHERE id = $id", TaskRows.Read, ("$id", id)).FirstOrDefault();

    /// <summary>The record that a lease is on; null where the lease is lost.</summary>
    public TaskRecord? Find(TaskLease lease) =>
        Find(lease.TaskId) is { } record && record.Status.IsLeased() && record.FencingToken == lease.FencingToken
            ? record
            : null;

    public TaskRecord Insert(TaskRecord record)
    {
        TaskRows.Insert(Connection, record, Revision);
        return Entered(record);
    }

    /// <summary>Writes a record that has entered a state, with the event.</summary>
    public TaskRecord Enter(TaskRecord record)
    {
        TaskRows.Update(Connection, record, Revision);
        return Entered(record);
    }

    /// <summary>Writes a record over another, which may have been a message of another queue.</summary>
    public TaskRecord Replace(TaskRecord known, TaskRecord record)
    {
        if (!string.Equals(known.Queue, record.Queue, StringComparison.Ordinal))
        {
            Connection.Execute(
                "UPDATE tasks SET queue = $queue, payload = $payload WHERE id = $id",
                ("$id", record.Id),
                ("$queue", record.Queue),
                ("$payload", TaskRows.Bytes(record.Payload)));
        }

        return Enter(record);
    }

    public void Append(TaskRecord record, NewTaskEvent added) => Connection.Execute(
        "INSERT INTO events(task_id, kind, at, data) VALUES($task, $kind, $at, $data)",
        ("$task", record.Id),
        ("$kind", added.Kind),
        ("$at", TaskRows.Milliseconds(Now)),
        ("$data", added.Data));

    /// <summary>Lets watchers see events that are no change of state.</summary>
    public void Touch(TaskRecord record)
    {
        Connection.Execute("UPDATE tasks SET revision = $revision WHERE id = $id", ("$revision", Revision), ("$id", record.Id));
        Tell(record);
    }

    public void Tell(TaskRecord record) => Changes.Add(new TaskChange(record.Id, record.Queue, record.Status));

    private TaskRecord Entered(TaskRecord record)
    {
        Append(record, TaskTransitions.StateEvent(record));
        Tell(record);
        return record with { Revision = Revision };
    }
}
