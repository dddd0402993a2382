using JobRunner.Tasks;

namespace JobRunner.Queues.Embedded;

/// <summary>Messages as records and back.</summary>
internal static class StoreMessages
{
    private const string CorrelationId = "correlation_id";

    public static NewTask TaskOf(QueueMessage message, string queue, QueueOptions options) => new()
    {
        Id = message.Id,
        Queue = queue,
        Endpoint = message.Endpoint ?? options.Endpoint,
        Payload = message.Body,
        MaxAttempts = message.MaxAttempts ?? options.MaxAttempts,
        NotBefore = message.NotBefore,
        Deadline = message.Deadline,
        Priority = message.Priority,
        Caller = message.Caller,
        TracingId = message.TracingId,
        TraceParent = message.TraceParent,
        IdempotencyKey = message.IdempotencyKey,
        ReplyTo = message.ReplyTo,
        Properties = message.Properties,
    };

    /// <summary>An outcome that is put where it was asked for.</summary>
    public static NewTask Outcome(
        string destination, ReadOnlyMemory<byte> body, string correlationId, QueueOptions options) => new()
    {
        Queue = destination,
        Endpoint = options.Endpoint,
        Payload = body,
        Properties = new Dictionary<string, string>(StringComparer.Ordinal) { [CorrelationId] = correlationId },
    };

    public static QueueMessage MessageOf(TaskRecord record) => new()
    {
        Id = record.Id,
        Body = record.Payload,
        Endpoint = record.Endpoint,
        Caller = record.Caller,
        TracingId = record.TracingId,
        TraceParent = record.TraceParent,
        ReplyTo = record.ReplyTo,
        Deadline = record.Deadline,
        NotBefore = record.NotBefore,
        Priority = record.Priority,
        IdempotencyKey = record.IdempotencyKey,
        Attempt = record.Attempts + 1,
        MaxAttempts = record.MaxAttempts,
        EnqueuedAt = record.CreatedAt,
        FirstFailedAt = record.FirstFailedAt,
        Properties = record.Properties,
    };

    public static QueueLease LeaseOf(TaskLease lease) => new(MessageOf(lease.Record)) { Task = lease };

    public static DeadLetter DeadLetterOf(TaskRecord record) =>
        new(MessageOf(record), record.Error, record.ErrorType, record.Attempts)
        {
            FirstFailedAt = record.FirstFailedAt,
            LastFailedAt = record.LastFailedAt,
        };
}
