using System.Globalization;
using System.Text;
using System.Text.Json;

namespace JobRunner.Redis.Streams;

/// <summary>A message of the native format as fields of an entry, and back.</summary>
internal static class MessageFields
{
    public const string Payload = "payload";
    public const string Id = "id";
    public const string Attempt = "attempt";
    public const string EnqueuedAt = "enqueued_at";
    public const string FirstFailedAt = "first_failed_at";
    public const string LastFailedAt = "last_failed_at";
    public const string Error = "error";
    public const string ErrorType = "error_type";
    public const string Attempts = "attempts";

    /// <summary>Scripts can unpack no more than some thousands of values at once.</summary>
    private const int MaxFields = 1000;

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        Payload, Id, Attempt, EnqueuedAt, FirstFailedAt, "endpoint", "caller", "tracing_id", "traceparent", "reply_to",
        "deadline", "not_before", "priority", "idempotency_key", "max_attempts", LastFailedAt, Error, ErrorType, Attempts,
    };

    /// <summary>Reads an entry. One without a payload has its other fields as arguments; one without an id has the
    /// entry's, which stays the same however often it is handed out.</summary>
    public static QueueMessage Read(string stream, string entryId, StreamFields fields)
    {
        var payload = fields.Find(Payload);
        var others = fields.All.Where(field => !Known.Contains(field.Name)).ToList();
        return new QueueMessage
        {
            Id = IdOf(stream, entryId, fields),
            Body = payload ?? ArgumentsOf(others),
            HasTextValues = payload is null,
            Endpoint = fields.Text("endpoint"),
            Caller = fields.Text("caller"),
            TracingId = fields.Text("tracing_id"),
            TraceParent = fields.Text("traceparent"),
            ReplyTo = fields.Text("reply_to"),
            Deadline = Time(fields.Text("deadline")),
            NotBefore = Time(fields.Text("not_before")),
            Priority = (int)Math.Clamp(Number(fields.Text("priority")) ?? 0, 0, NewTask.MaxPriority),
            IdempotencyKey = fields.Text("idempotency_key"),
            Attempt = (int)Math.Clamp(Number(fields.Text(Attempt)) ?? 1, 1, int.MaxValue),
            MaxAttempts = Number(fields.Text("max_attempts")) is { } attempts and >= 1 and <= int.MaxValue ? (int)attempts : null,
            EnqueuedAt = Time(fields.Text(EnqueuedAt)) ?? TimeOf(entryId),
            FirstFailedAt = Time(fields.Text(FirstFailedAt)),
            Properties = payload is null ? NoProperties : Texts(others),
        };
    }

    public static StreamFields Write(QueueMessage message, DateTimeOffset now)
    {
        var fields = new StreamFields().Set(Id, message.Id);
        foreach (var (name, value) in message.Properties)
        {
            if (!Known.Contains(name)) fields.Set(name, value);
        }

        return fields
            .Set(Payload, message.Body)
            .Set("endpoint", message.Endpoint)
            .Set("caller", message.Caller)
            .Set("tracing_id", message.TracingId)
            .Set("traceparent", message.TraceParent)
            .Set("reply_to", message.ReplyTo)
            .Set("deadline", Text(message.Deadline))
            .Set("not_before", Text(message.NotBefore))
            .Set("priority", message.Priority == 0 ? null : Text(message.Priority))
            .Set("idempotency_key", message.IdempotencyKey)
            .Set(Attempt, message.Attempt == 1 ? null : Text(message.Attempt))
            .Set("max_attempts", message.MaxAttempts is { } attempts ? Text(attempts) : null)
            .Set(EnqueuedAt, Text(message.EnqueuedAt ?? now))
            .Set(FirstFailedAt, Text(message.FirstFailedAt));
    }

    /// <summary>The fields of an entry that is added again: it keeps its id and its time, whatever its new entry's
    /// are.</summary>
    public static StreamFields Again(StreamEntry entry)
    {
        var fields = entry.Fields.Copy();
        if (fields.All.Count > MaxFields) fields = Folded(fields);
        if (fields.Find(EnqueuedAt) is null && TimeOf(entry.Id) is { } time) fields.Set(EnqueuedAt, Text(time));
        return fields.Set(Id, IdOf(entry.Stream, entry.Id, fields));
    }

    public static string IdOf(string stream, string entryId, StreamFields fields) =>
        fields.Text(Id) is { Length: > 0 } id ? id : $"{stream}-{entryId}";

    public static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    public static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IReadOnlyDictionary<string, string> NoProperties { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    // An entry's id begins with the milliseconds of its time.
    private static DateTimeOffset? TimeOf(string entryId) =>
        Number(entryId.Split('-')[0]) is { } milliseconds and >= 0 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    private static StreamFields Folded(StreamFields fields)
    {
        var others = fields.All.Where(field => !Known.Contains(field.Name)).ToList();
        var folded = new StreamFields().Set(Payload, fields.Find(Payload) ?? ArgumentsOf(others));
        foreach (var (name, value) in fields.All)
        {
            if (Known.Contains(name)) folded.Set(name, value);
        }

        return folded;
    }

    private static byte[] ArgumentsOf(List<(string Name, ReadOnlyMemory<byte> Value)> fields) =>
        JsonSerializer.SerializeToUtf8Bytes(Texts(fields));

    private static Dictionary<string, string> Texts(List<(string Name, ReadOnlyMemory<byte> Value)> fields)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in fields) texts[name] = Encoding.UTF8.GetString(value.Span);
        return texts;
    }
}
