using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>Records as rows.</summary>
internal static class TaskRows
{
    private const string Columns =
        """
        id, queue, endpoint, status, attempts, max_attempts, interruptions, created, started, ended, not_before, deadline,
        priority, progress, progress_message, caller, tracing_id, predecessor_id, trace_parent, idempotency_key, reply_to,
        webhook_url, properties, http_status, media_type, headers, error, error_type, first_failed, last_failed,
        lease_owner, lease_expires, fence, revision
        """;

    /// <summary>Columns of a record without payload and result, which may be large.</summary>
    public const string Lean = $"SELECT {Columns}, NULL, NULL, seq FROM tasks";

    public const string WithPayload = $"SELECT {Columns}, payload, NULL, seq FROM tasks";

    public const string Whole = $"SELECT {Columns}, payload, result, seq FROM tasks";

    private const int SequenceColumn = 36;

    public static long Sequence(SqliteDataReader row) => row.GetInt64(SequenceColumn);

    public static TaskRecord Read(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        Queue = row.GetString(1),
        Endpoint = row.GetString(2),
        Status = (TaskState)row.GetInt32(3),
        Attempts = row.GetInt32(4),
        MaxAttempts = row.GetInt32(5),
        Interruptions = row.GetInt32(6),
        CreatedAt = Time(row.GetInt64(7)),
        StartedAt = Time(row, 8),
        EndedAt = Time(row, 9),
        NotBefore = Time(row, 10),
        Deadline = Time(row, 11),
        Priority = row.GetInt32(12),
        Progress = row.IsDBNull(13) ? null : row.GetDouble(13),
        ProgressMessage = Text(row, 14),
        Caller = Text(row, 15),
        TracingId = Text(row, 16),
        PredecessorId = Text(row, 17),
        TraceParent = Text(row, 18),
        IdempotencyKey = Text(row, 19),
        ReplyTo = Text(row, 20),
        WebhookUrl = Text(row, 21),
        Properties = Map(row, 22),
        HttpStatus = row.IsDBNull(23) ? null : row.GetInt32(23),
        MediaType = Text(row, 24),
        Headers = Map(row, 25),
        Error = Text(row, 26),
        ErrorType = Text(row, 27),
        FirstFailedAt = Time(row, 28),
        LastFailedAt = Time(row, 29),
        LeaseOwner = Text(row, 30),
        LeaseExpiresAt = Time(row, 31),
        FencingToken = row.GetInt64(32),
        Revision = row.GetInt64(33),
        Payload = row.IsDBNull(34) ? default : row.GetFieldValue<byte[]>(34),
        Result = row.IsDBNull(35) ? null : (ReadOnlyMemory<byte>?)row.GetFieldValue<byte[]>(35),
    };

    public static void Insert(SqliteConnection connection, TaskRecord record, long revision)
    {
        connection.Execute(
            """
            INSERT INTO tasks(id, queue, endpoint, created, deadline, priority, max_attempts, caller, tracing_id,
              predecessor_id, trace_parent, idempotency_key, reply_to, webhook_url, properties, payload,
              status, attempts, interruptions, due, fence, revision)
            VALUES($id, $queue, $endpoint, $created, $deadline, $priority, $max, $caller, $tracing,
              $predecessor, $parent, $key, $reply, $webhook, $properties, $payload, 0, 0, 0, 0, 0, 0)
            """,
            ("$id", record.Id),
            ("$queue", record.Queue),
            ("$endpoint", record.Endpoint),
            ("$created", Milliseconds(record.CreatedAt)),
            ("$deadline", Milliseconds(record.Deadline)),
            ("$priority", record.Priority),
            ("$max", record.MaxAttempts),
            ("$caller", record.Caller),
            ("$tracing", record.TracingId),
            ("$predecessor", record.PredecessorId),
            ("$parent", record.TraceParent),
            ("$key", record.IdempotencyKey),
            ("$reply", record.ReplyTo),
            ("$webhook", record.WebhookUrl),
            ("$properties", Json(record.Properties)),
            ("$payload", Bytes(record.Payload)));
        Update(connection, record, revision);
    }

    /// <summary>Writes what changes in a record's life.</summary>
    public static void Update(SqliteConnection connection, TaskRecord record, long revision) => connection.Execute(
        """
        UPDATE tasks SET status = $status, attempts = $attempts, interruptions = $interruptions, started = $started,
          ended = $ended, not_before = $not_before, due = coalesce($not_before, created), progress = $progress,
          progress_message = $message, http_status = $http, media_type = $media, headers = $headers,
          result = $result, error = $error, error_type = $type, first_failed = $first, last_failed = $last,
          lease_owner = $owner, lease_expires = $expires, fence = $fence, revision = $revision
        WHERE id = $id
        """,
        ("$id", record.Id),
        ("$status", (int)record.Status),
        ("$attempts", record.Attempts),
        ("$interruptions", record.Interruptions),
        ("$started", Milliseconds(record.StartedAt)),
        ("$ended", Milliseconds(record.EndedAt)),
        ("$not_before", Milliseconds(record.NotBefore)),
        ("$progress", record.Progress),
        ("$message", record.ProgressMessage),
        ("$http", record.HttpStatus),
        ("$media", record.MediaType),
        ("$headers", Json(record.Headers)),
        ("$result", record.Result is { } result ? Bytes(result) : null),
        ("$error", record.Error),
        ("$type", record.ErrorType),
        ("$first", Milliseconds(record.FirstFailedAt)),
        ("$last", Milliseconds(record.LastFailedAt)),
        ("$owner", record.LeaseOwner),
        ("$expires", Milliseconds(record.LeaseExpiresAt)),
        ("$fence", record.FencingToken),
        ("$revision", revision));

    public static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static object? Milliseconds(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    private static DateTimeOffset? Time(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Time(row.GetInt64(column));

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static IReadOnlyDictionary<string, string> Map(SqliteDataReader row, int column) =>
        Text(row, column) is { } json
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(json)!
            : NewTask.NoProperties;

    private static string? Json(IReadOnlyDictionary<string, string> map) =>
        map.Count == 0 ? null : JsonSerializer.Serialize(map);

    public static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var segment) && segment.Count == segment.Array!.Length
            ? segment.Array
            : memory.ToArray();
}
