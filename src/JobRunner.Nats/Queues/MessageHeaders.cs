using System.Globalization;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Queues;

/// <summary>A message's metadata as NATS headers, and back.</summary>
internal static class MessageHeaders
{
    private const string Encoded = "encoded";

    private static readonly HashSet<string> Own = new(StringComparer.Ordinal)
    {
        "id", "endpoint", "caller", "tracing_id", "traceparent", "reply_to", "deadline", "not_before", "priority",
        "idempotency_key", "attempt", "max_attempts", "enqueued_at", Encoded,
        "error", "error_type", "attempts", "first_failed_at", "last_failed_at",
    };

    public static NatsHeaders Write(QueueMessage message)
    {
        var headers = new NatsHeaders();
        var encoded = new List<string>();
        Add(headers, encoded, "id", message.Id);
        Add(headers, encoded, "endpoint", message.Endpoint);
        Add(headers, encoded, "caller", message.Caller);
        Add(headers, encoded, "tracing_id", message.TracingId);
        Add(headers, encoded, "traceparent", message.TraceParent);
        Add(headers, encoded, "reply_to", message.ReplyTo);
        Add(headers, encoded, "deadline", Text(message.Deadline));
        Add(headers, encoded, "not_before", Text(message.NotBefore));
        Add(headers, encoded, "priority", message.Priority == 0 ? null : Text(message.Priority));
        Add(headers, encoded, "idempotency_key", message.IdempotencyKey);
        Add(headers, encoded, "max_attempts", message.MaxAttempts is { } attempts ? Text(attempts) : null);
        Add(headers, encoded, "enqueued_at", Text(message.EnqueuedAt));
        foreach (var (name, value) in message.Properties)
        {
            if (!Own.Contains(name)) Add(headers, encoded, name, value);
        }

        if (encoded.Count > 0) headers.Add(Encoded, string.Join(',', encoded));
        return headers;
    }

    /// <summary>Adds what a dead letter has beside its message.</summary>
    public static NatsHeaders Write(DeadLetter letter)
    {
        var headers = Write(letter.Message);
        headers.Add("error", Uri.EscapeDataString(letter.Error ?? ""));
        headers.Add("error_type", Uri.EscapeDataString(letter.Type ?? ""));
        headers.Add("attempts", Text(letter.Attempts));
        if (Text(letter.FirstFailedAt) is { } first) headers.Add("first_failed_at", first);
        if (Text(letter.LastFailedAt) is { } last) headers.Add("last_failed_at", last);
        return headers;
    }

    /// <summary>Reads what any client may have written: what is missing or odd is left out.</summary>
    /// <param name="headers">As they came.</param>
    /// <param name="body">The message's bytes.</param>
    /// <param name="fallbackId">For messages without an id of their own; the same for every delivery.</param>
    /// <param name="stored">When the server took it.</param>
    public static QueueMessage Read(NatsHeaders? headers, ReadOnlyMemory<byte> body, string fallbackId, DateTimeOffset stored)
    {
        var encoded = headers?[Encoded]?.Split(',') ?? [];
        return new QueueMessage
        {
            Id = Value("id") is { Length: > 0 } id ? id : fallbackId,
            Body = body,
            Endpoint = Value("endpoint"),
            Caller = Value("caller"),
            TracingId = Value("tracing_id"),
            TraceParent = Value("traceparent"),
            ReplyTo = Value("reply_to"),
            Deadline = Time(Value("deadline")),
            NotBefore = Time(Value("not_before")),
            Priority = Math.Clamp(Number(Value("priority")) ?? 0, 0, NewTask.MaxPriority),
            IdempotencyKey = Value("idempotency_key"),
            MaxAttempts = Number(Value("max_attempts")) is > 0 and var most ? most : null,
            EnqueuedAt = Time(Value("enqueued_at")) ?? stored,
            Properties = Others(),
        };

        string? Value(string name) =>
            headers?[name] is not { } value ? null : Array.IndexOf(encoded, name) < 0 ? value : Uri.UnescapeDataString(value);

        Dictionary<string, string> Others()
        {
            var others = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, _) in headers ?? [])
            {
                if (!Own.Contains(name) && !name.StartsWith("Nats-", StringComparison.Ordinal)) others.TryAdd(name, Value(name)!);
            }

            return others;
        }
    }

    public static DeadLetter ReadLetter(NatsHeaders? headers, QueueMessage message, DateTimeOffset stored) => new(
        message,
        headers?["error"] is { } error ? Uri.UnescapeDataString(error) : null,
        headers?["error_type"] is { Length: > 0 } type ? Uri.UnescapeDataString(type) : null,
        Number(headers?["attempts"]) ?? 1)
    {
        FirstFailedAt = Time(headers?["first_failed_at"]),
        LastFailedAt = Time(headers?["last_failed_at"]) ?? stored,
    };

    private static void Add(NatsHeaders headers, List<string> encoded, string name, string? value)
    {
        if (value is null) return;

        // The protocol takes neither line breaks nor blanks at either end.
        var isPlain = !value.Any(char.IsControl) && value.AsSpan().Trim().Length == value.Length;
        if (!isPlain) encoded.Add(name);
        headers.Add(name, isPlain ? value : Uri.EscapeDataString(value));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Text(DateTimeOffset? time) => time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static DateTimeOffset? Time(string? text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
        ? time
        : null;
}
