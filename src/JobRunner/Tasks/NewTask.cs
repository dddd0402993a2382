using System.Collections.ObjectModel;

namespace JobRunner;

/// <summary>A task to be added to a store.</summary>
public sealed record NewTask
{
    /// <summary>Attempts where nothing else is said.</summary>
    public const int DefaultMaxAttempts = 2;

    /// <summary>Queue of calls that came over HTTP.</summary>
    public const string HttpQueue = "tasks";

    /// <summary>Priorities are 0 to this.</summary>
    public const int MaxPriority = 9;

    internal static IReadOnlyDictionary<string, string> NoProperties { get; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Id; by default a random one.</summary>
    public string Id { get; init; } = Guid.NewGuid().ToString();

    /// <summary>Name of the queue.</summary>
    public string Queue { get; init; } = HttpQueue;

    /// <summary>Path of the endpoint below <c>/api/v1</c>, with its leading slash.</summary>
    public required string Endpoint { get; init; }

    /// <summary>One JSON object in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Attempts after which a failure is final.</summary>
    public int MaxAttempts { get; init; } = DefaultMaxAttempts;

    /// <summary>When the task may run at the earliest; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When the task is no longer worth running; null: never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>0 to 9; higher runs first.</summary>
    public int Priority { get; init; }

    /// <inheritdoc cref="TaskRecord.Caller"/>
    public string? Caller { get; init; }

    /// <inheritdoc cref="TaskRecord.TracingId"/>
    public string? TracingId { get; init; }

    /// <inheritdoc cref="TaskRecord.PredecessorId"/>
    public string? PredecessorId { get; init; }

    /// <inheritdoc cref="TaskRecord.TraceParent"/>
    public string? TraceParent { get; init; }

    /// <summary>Within <see cref="ITaskStore.IdempotencyWindow"/>, a task of the same caller, queue, endpoint and key is
    /// added once.</summary>
    public string? IdempotencyKey { get; init; }

    /// <inheritdoc cref="TaskRecord.ReplyTo"/>
    public string? ReplyTo { get; init; }

    /// <inheritdoc cref="TaskRecord.WebhookUrl"/>
    public string? WebhookUrl { get; init; }

    /// <inheritdoc cref="TaskRecord.Properties"/>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = NoProperties;
}

/// <summary>What became of a <see cref="NewTask"/>.</summary>
public enum TaskAdditionKind
{
    /// <summary>It is stored, durably.</summary>
    Added,

    /// <summary>Its idempotency key was used before for the same payload; the record is the earlier one's.</summary>
    Existing,

    /// <summary>Its idempotency key was used before for another payload.</summary>
    KeyConflict,

    /// <summary>The queue holds as many tasks as it may.</summary>
    QueueFull,
}

/// <summary>Answer to an addition.</summary>
/// <param name="Kind">What became of the task.</param>
/// <param name="Record">The record, for a task that was added or existed.</param>
public sealed record TaskAddition(TaskAdditionKind Kind, TaskRecord? Record);
