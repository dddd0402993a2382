namespace JobRunner;

/// <summary>How a task is put.</summary>
public sealed record PutOptions
{
    /// <summary>When it may run at the earliest; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When it is no longer worth running; null: never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>0 to 9; higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>Key against putting the same twice within 24 hours.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Where the outcome is also sent, in the words of the transport.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>Name of the caller.</summary>
    public string? Caller { get; init; }

    /// <summary>Tracing id; by default that of the current call.</summary>
    public string? TracingId { get; init; }
}
