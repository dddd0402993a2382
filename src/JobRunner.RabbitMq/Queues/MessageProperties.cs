using System.Globalization;
using System.Text;
using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>A message's metadata as AMQP's own properties, where it has such, and as headers.</summary>
internal static class MessageProperties
{
    public const string Error = "error";
    public const string ErrorType = "error_type";
    public const string Attempts = "attempts";
    public const string LastFailedAt = "last_failed_at";
    private const string Json = "application/json";
    private const string FirstFailedAt = "first_failed_at";
    private const string EnqueuedAt = "enqueued_at";
    private const string DueAt = "due_at";

    private static readonly HashSet<string> Own = new(StringComparer.Ordinal)
    {
        "id", "endpoint", "caller", "tracing_id", "traceparent", "reply_to", "deadline", "not_before", "priority",
        "idempotency_key", "attempt", "max_attempts", EnqueuedAt, FirstFailedAt, DueAt,
        Error, ErrorType, Attempts, LastFailedAt, Constants.PublishSequenceNumberHeader,
    };

    public static QueueMessage Read(IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, string idWhereNone)
    {
        var headers = properties.Headers;
        var put = MessageHeaders.Time(headers, EnqueuedAt) ?? MessageHeaders.Time(properties.Timestamp);
        return new QueueMessage
        {
            Id = IdOf(properties) ?? idWhereNone,
            Body = body,
            Endpoint = MessageHeaders.Text(headers, "endpoint"),
            Caller = MessageHeaders.Text(headers, "caller"),
            TracingId = MessageHeaders.Text(headers, "tracing_id"),
            TraceParent = MessageHeaders.Text(headers, "traceparent"),
            ReplyTo = MessageHeaders.Text(headers, "reply_to") ?? Filled(properties.ReplyTo),
            Deadline = MessageHeaders.Time(headers, "deadline") ?? Expiry(properties, put),
            NotBefore = MessageHeaders.Time(headers, "not_before"),
            Priority = PriorityOf(properties),
            IdempotencyKey = MessageHeaders.Text(headers, "idempotency_key"),
            Attempt = (int)Math.Clamp(MessageHeaders.Number(headers, "attempt") ?? 1, 1, int.MaxValue),
            MaxAttempts = MessageHeaders.Number(headers, "max_attempts") is { } most and >= 1 and <= int.MaxValue ? (int)most : null,
            EnqueuedAt = put,
            FirstFailedAt = MessageHeaders.Time(headers, FirstFailedAt),
            Properties = Others(properties),
        };
    }

    /// <summary>The id that a sender gave; null where there is none.</summary>
    public static string? IdOf(IReadOnlyBasicProperties properties) =>
        Filled(MessageHeaders.Text(properties.Headers, "id")) ?? Filled(properties.MessageId);

    /// <summary>When a message that is handed out may run at the earliest.</summary>
    public static DateTimeOffset? DueOf(IReadOnlyBasicProperties properties)
    {
        var (due, notBefore) = (MessageHeaders.Time(properties.Headers, DueAt), MessageHeaders.Time(properties.Headers, "not_before"));
        return due is null || notBefore > due ? notBefore : due;
    }

    /// <param name="message">The message.</param>
    /// <param name="dueAt">When it is to be handed out at the earliest; null: at once.</param>
    /// <param name="now">When it was put, unless it says so itself.</param>
    public static BasicProperties Write(QueueMessage message, DateTimeOffset? dueAt, DateTimeOffset now)
    {
        var put = message.EnqueuedAt ?? now;
        var headers = new Dictionary<string, object?>(StringComparer.Ordinal);
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = Json,
            Priority = (byte)Math.Clamp(message.Priority, 0, NewTask.MaxPriority),
            Timestamp = new AmqpTimestamp(put.ToUnixTimeSeconds()),
            Headers = headers,
        };

        foreach (var (name, value) in message.Properties)
        {
            if (!Own.Contains(name) && AmqpNames.IsShort(name) && !TryWriteNative(properties, name, value)) Add(name, value);
        }

        // AMQP's own fields hold 255 bytes.
        if (AmqpNames.IsShort(message.Id)) properties.MessageId = message.Id;
        else Add("id", message.Id);
        if (message.ReplyTo is { } reply && AmqpNames.IsShort(reply)) properties.ReplyTo = reply;
        else Add("reply_to", message.ReplyTo);
        Add("endpoint", message.Endpoint);
        Add("caller", message.Caller);
        Add("tracing_id", message.TracingId);
        Add("traceparent", message.TraceParent);
        AddTime("deadline", message.Deadline);
        AddTime("not_before", message.NotBefore);
        Add("idempotency_key", message.IdempotencyKey);
        if (message.Attempt > 1) headers["attempt"] = message.Attempt;
        if (message.MaxAttempts is { } attempts) headers["max_attempts"] = attempts;
        AddTime(EnqueuedAt, put);
        AddTime(FirstFailedAt, message.FirstFailedAt);
        AddTime(DueAt, dueAt);
        return properties;

        void Add(string name, string? value)
        {
            if (value is not null) headers[name] = Encoding.UTF8.GetBytes(value);
        }

        void AddTime(string name, DateTimeOffset? value) => Add(name, value is { } moment ? MessageHeaders.Text(moment) : null);
    }

    public static BasicProperties WriteLetter(DeadLetter letter, DateTimeOffset now)
    {
        var properties = Write(letter.Message with { FirstFailedAt = letter.FirstFailedAt }, dueAt: null, now);
        var headers = properties.Headers!;
        if (letter.Error is { } error) headers[Error] = Encoding.UTF8.GetBytes(error);
        if (letter.Type is { } type) headers[ErrorType] = Encoding.UTF8.GetBytes(type);
        headers[Attempts] = letter.Attempts;
        headers[LastFailedAt] = Encoding.UTF8.GetBytes(MessageHeaders.Text(letter.LastFailedAt ?? now));
        return properties;
    }

    private static int PriorityOf(IReadOnlyBasicProperties properties)
    {
        var priority = MessageHeaders.Number(properties.Headers, "priority") ?? (properties.IsPriorityPresent() ? properties.Priority : 0);
        return (int)Math.Clamp(priority, 0, NewTask.MaxPriority);
    }

    // The broker counts the time itself while the message waits; what is left of it counts while it is tried again.
    private static DateTimeOffset? Expiry(IReadOnlyBasicProperties properties, DateTimeOffset? put) =>
        put is { } start
        && uint.TryParse(properties.Expiration, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds < (DateTimeOffset.MaxValue - start).TotalMilliseconds
            ? start.AddMilliseconds(milliseconds)
            : null;

    private static Dictionary<string, string> Others(IReadOnlyBasicProperties properties)
    {
        var others = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in properties.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal))
        {
            if (!Own.Contains(name) && !IsBrokers(name) && MessageHeaders.Text(value) is { } text) others[name] = text;
        }

        Add("correlation_id", properties.CorrelationId);
        if (properties.ContentType is not Json) Add("content_type", properties.ContentType);
        Add("content_encoding", properties.ContentEncoding);
        Add("type", properties.Type);
        Add("app_id", properties.AppId);
        return others;

        void Add(string name, string? value)
        {
            if (Filled(value) is { } filled) others[name] = filled;
        }
    }

    private static bool TryWriteNative(BasicProperties properties, string name, string value)
    {
        if (!AmqpNames.IsShort(value)) return false;
        switch (name)
        {
            case "correlation_id": properties.CorrelationId = value; return true;
            case "content_type": properties.ContentType = value; return true;
            case "content_encoding": properties.ContentEncoding = value; return true;
            case "type": properties.Type = value; return true;
            case "app_id": properties.AppId = value; return true;
            default: return false;
        }
    }

    // A copy that carried these would be taken by the broker for one that goes round in a circle.
    private static bool IsBrokers(string name) =>
        name is "x-death" or "x-delivery-count" or "x-stream-offset"
        || name.StartsWith("x-first-death-", StringComparison.Ordinal)
        || name.StartsWith("x-last-death-", StringComparison.Ordinal);

    private static string? Filled(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
