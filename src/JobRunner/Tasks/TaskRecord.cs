namespace JobRunner;

/// <summary>What is known of one task or message. All times are UTC.</summary>
public sealed record TaskRecord
{
    /// <summary>Id, which is not to be guessed: whoever holds it may read the task.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the queue that the task waits in.</summary>
    public required string Queue { get; init; }

    /// <summary>Path of the endpoint below <c>/api/v1</c>, with its leading slash.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The payload, one JSON object in UTF-8; empty in lists.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Where the task is in its life.</summary>
    public TaskState Status { get; init; }

    /// <summary>Runs that the job itself ended, well or badly.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts after which a failure is final.</summary>
    public int MaxAttempts { get; init; } = NewTask.DefaultMaxAttempts;

    /// <summary>Runs that ended for no reason of the job's: killed workers, lost leases.</summary>
    public int Interruptions { get; init; }

    /// <summary>When the task was accepted.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the latest run began; null before the first.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the task ended; null before that.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the task may run at the earliest; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When the task is no longer worth running; null: never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>0 to 9; higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>Share that is done, 0 to 1; null where the job has not said.</summary>
    public double? Progress { get; init; }

    /// <summary>What is being done, in the job's words.</summary>
    public string? ProgressMessage { get; init; }

    /// <summary>Name of the caller, where it is known.</summary>
    public string? Caller { get; init; }

    /// <summary>Tracing id of the request that made the task.</summary>
    public string? TracingId { get; init; }

    /// <summary>Recordkeeper's predecessor id of that request.</summary>
    public string? PredecessorId { get; init; }

    /// <summary>W3C trace context of that request.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The caller's own key against doing the same twice.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Where the outcome is also sent, in the words of the transport.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>Where the finished record is posted to.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>Further metadata of the message, as its transport carries it.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = NewTask.NoProperties;

    /// <summary>HTTP status that the same synchronous call would have had; null before the end.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>Media type of <see cref="Result"/>.</summary>
    public string? MediaType { get; init; }

    /// <summary>Further headers of the synchronous call's answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = NewTask.NoProperties;

    /// <summary>Body of the synchronous call's answer, an error's body included; null before the end, empty in
    /// lists.</summary>
    public ReadOnlyMemory<byte>? Result { get; init; }

    /// <summary>Why the latest attempt failed; null where none has.</summary>
    public string? Error { get; init; }

    /// <summary>Type of that error.</summary>
    public string? ErrorType { get; init; }

    /// <summary>When an attempt first failed.</summary>
    public DateTimeOffset? FirstFailedAt { get; init; }

    /// <summary>When an attempt last failed.</summary>
    public DateTimeOffset? LastFailedAt { get; init; }

    /// <summary>Who runs the task; null where nobody does, or where a broker holds the lease.</summary>
    public string? LeaseOwner { get; init; }

    /// <summary>When the lease ends unless it is renewed.</summary>
    public DateTimeOffset? LeaseExpiresAt { get; init; }

    /// <summary>Grows with every lease; an outcome counts only with the latest.</summary>
    public long FencingToken { get; init; }

    /// <summary>Grows with every change of the store.</summary>
    public long Revision { get; init; }
}
