namespace JobRunner;

/// <summary>A message, as every transport carries it. Times are UTC.</summary>
public sealed record QueueMessage
{
    /// <summary>Id; by default a random one. It is the id of the task record, too.</summary>
    public string Id { get; init; } = Guid.NewGuid().ToString();

    /// <summary>The bytes as they came; in the native format one JSON object in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Whether the body's values are all text, which the types of the parameters give a meaning to: a message
    /// of plain fields.</summary>
    public bool HasTextValues { get; init; }

    /// <summary>Path of the endpoint; null where the message does not say.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Name of the caller.</summary>
    public string? Caller { get; init; }

    /// <summary>Tracing id of the caller.</summary>
    public string? TracingId { get; init; }

    /// <summary>W3C trace context of the caller.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Where the outcome is sent, in the words of the transport.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>When the message is no longer worth running.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>When it may run at the earliest.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>0 to 9; higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>The sender's own key against putting the same twice.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Number of the attempt that a lease on this message is, the first being 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Attempts after which a failure is final; null where the message does not say.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>When it was put; null where the transport cannot tell.</summary>
    public DateTimeOffset? EnqueuedAt { get; init; }

    /// <summary>When an attempt first failed.</summary>
    public DateTimeOffset? FirstFailedAt { get; init; }

    /// <summary>All other headers, fields or properties, as text.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = NewTask.NoProperties;
}
