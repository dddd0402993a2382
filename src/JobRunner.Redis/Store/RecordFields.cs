using System.Globalization;
using System.Text;
using System.Text.Json;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>A record as fields of a hash, and back. Times are ISO 8601; those that scripts compare stand beside it in
/// milliseconds.</summary>
internal static class RecordFields
{
    public const string Payload = "payload";
    public const string Result = "result";

    /// <summary>All fields but the two that may be large.</summary>
    public static IReadOnlyList<string> Lean { get; } =
    [
        "id", "queue", "endpoint", "status", "attempts", "max_attempts", "interruptions", "created_at", "started_at", "ended_at",
        "not_before", "deadline", "priority", "progress", "progress_message", "caller", "tracing_id", "predecessor_id",
        "traceparent", "idempotency_key", "reply_to", "webhook_url", "properties", "http_status", "media_type", "headers",
        "error", "error_type", "first_failed_at", "last_failed_at", "lease_owner", "lease_ms", "fencing", "rev", "seq",
    ];

    public static IReadOnlyList<string> Whole { get; } = [.. Lean, Payload, Result];

    public static Dictionary<string, ReadOnlyMemory<byte>> Write(TaskRecord record)
    {
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        Put("id", record.Id);
        Put("queue", record.Queue);
        Put("endpoint", record.Endpoint);
        Put("status", record.Status.Name());
        Put("attempts", Number(record.Attempts));
        Put("max_attempts", Number(record.MaxAttempts));
        Put("interruptions", Number(record.Interruptions));
        Put("created_at", Time(record.CreatedAt));
        Put("started_at", Time(record.StartedAt));
        Put("ended_at", Time(record.EndedAt));
        Put("ended_ms", Milliseconds(record.EndedAt));
        Put("not_before", Time(record.NotBefore));
        Put("due_ms", Milliseconds(record.NotBefore));
        Put("deadline", Time(record.Deadline));
        Put("priority", Number(record.Priority));
        Put("progress", record.Progress?.ToString("R", CultureInfo.InvariantCulture));
        Put("progress_message", record.ProgressMessage);
        Put("caller", record.Caller);
        Put("tracing_id", record.TracingId);
        Put("predecessor_id", record.PredecessorId);
        Put("traceparent", record.TraceParent);
        Put("idempotency_key", record.IdempotencyKey);
        Put("reply_to", record.ReplyTo);
        Put("webhook_url", record.WebhookUrl);
        Put("properties", Json(record.Properties));
        Put("http_status", record.HttpStatus is { } status ? Number(status) : null);
        Put("media_type", record.MediaType);
        Put("headers", Json(record.Headers));
        Put("error", record.Error);
        Put("error_type", record.ErrorType);
        Put("first_failed_at", Time(record.FirstFailedAt));
        Put("last_failed_at", Time(record.LastFailedAt));
        Put("lease_owner", record.LeaseOwner);
        Put("lease_ms", Milliseconds(record.LeaseExpiresAt));
        Put("fencing", Number(record.FencingToken));
        fields[Payload] = record.Payload;
        if (record.Result is { } result) fields[Result] = result;
        return fields;

        void Put(string name, string? value)
        {
            if (value is not null) fields[name] = Encoding.UTF8.GetBytes(value);
        }
    }

    /// <summary>Reads the values of <see cref="Lean"/> or <see cref="Whole"/>; null where there is no record.</summary>
    public static TaskRecord? Read(IReadOnlyList<string> names, IReadOnlyList<RespValue> values)
    {
        var fields = new Dictionary<string, RespValue>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (!values[i].IsNull) fields[names[i]] = values[i];
        }

        if (Text("id") is not { } id) return null;
        return new TaskRecord
        {
            Id = id,
            Queue = Text("queue")!,
            Endpoint = Text("endpoint")!,
            Status = TaskStates.Parse(Text("status")) ?? TaskState.Queued,
            Attempts = (int)Integer("attempts"),
            MaxAttempts = (int)Integer("max_attempts"),
            Interruptions = (int)Integer("interruptions"),
            CreatedAt = Instant("created_at") ?? DateTimeOffset.UnixEpoch,
            StartedAt = Instant("started_at"),
            EndedAt = Instant("ended_at"),
            NotBefore = Instant("not_before"),
            Deadline = Instant("deadline"),
            Priority = (int)Integer("priority"),
            Progress = Text("progress") is { } progress ? double.Parse(progress, CultureInfo.InvariantCulture) : null,
            ProgressMessage = Text("progress_message"),
            Caller = Text("caller"),
            TracingId = Text("tracing_id"),
            PredecessorId = Text("predecessor_id"),
            TraceParent = Text("traceparent"),
            IdempotencyKey = Text("idempotency_key"),
            ReplyTo = Text("reply_to"),
            WebhookUrl = Text("webhook_url"),
            Properties = Pairs("properties"),
            HttpStatus = fields.ContainsKey("http_status") ? (int)Integer("http_status") : null,
            MediaType = Text("media_type"),
            Headers = Pairs("headers"),
            Error = Text("error"),
            ErrorType = Text("error_type"),
            FirstFailedAt = Instant("first_failed_at"),
            LastFailedAt = Instant("last_failed_at"),
            LeaseOwner = Text("lease_owner"),
            LeaseExpiresAt = fields.ContainsKey("lease_ms") ? DateTimeOffset.FromUnixTimeMilliseconds(Integer("lease_ms")) : null,
            FencingToken = Integer("fencing"),
            Revision = Integer("rev"),
            Payload = fields.TryGetValue(Payload, out var payload) ? payload.Bytes : default,
            Result = fields.TryGetValue(Result, out var result) ? result.Bytes : (ReadOnlyMemory<byte>?)null,
        };

        string? Text(string name) => fields.TryGetValue(name, out var value) ? value.Text : null;

        long Integer(string name) => fields.TryGetValue(name, out var value) ? value.Integer : 0;

        DateTimeOffset? Instant(string name) => Text(name) is { } text
            ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal)
            : null;

        IReadOnlyDictionary<string, string> Pairs(string name) => Text(name) is { } text
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(text)!
            : new Dictionary<string, string>(StringComparer.Ordinal);
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static string? Time(DateTimeOffset? time) => time is { } known ? Time(known) : null;

    // Rounded up: nothing may run before its time.
    private static string? Milliseconds(DateTimeOffset? time) => time is { } known
        ? (known.AddTicks(TimeSpan.TicksPerMillisecond - 1).ToUnixTimeMilliseconds()).ToString(CultureInfo.InvariantCulture)
        : null;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Json(IReadOnlyDictionary<string, string> pairs) => pairs.Count == 0 ? null : JsonSerializer.Serialize(pairs);
}
