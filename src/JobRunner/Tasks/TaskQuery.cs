namespace JobRunner;

/// <summary>Which records to list, newest first.</summary>
public sealed record TaskQuery
{
    /// <summary>Most records of one page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Only tasks in this state; null: any.</summary>
    public TaskState? Status { get; init; }

    /// <summary>Only tasks of this queue; null: any.</summary>
    public string? Queue { get; init; }

    /// <summary>Only tasks whose id, endpoint, caller, tracing id or error contains this text; null: any.</summary>
    public string? Search { get; init; }

    /// <summary>Records per page, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary><see cref="TaskPage.Next"/> of the page before; null: the first page.</summary>
    public string? After { get; init; }
}

/// <summary>A page of records.</summary>
/// <param name="Tasks">Records without payloads and results.</param>
/// <param name="Next">Cursor of the next page; null where this is the last.</param>
public sealed record TaskPage(IReadOnlyList<TaskRecord> Tasks, string? Next);

/// <summary>How long ended tasks are kept.</summary>
/// <param name="Completed">Age at which completed and cancelled tasks are dropped.</param>
/// <param name="Failed">Age at which failed tasks are dropped.</param>
/// <param name="MaxRecords">Most ended records; the oldest completed ones go first.</param>
public sealed record TaskRetention(TimeSpan Completed, TimeSpan Failed, int MaxRecords = 1_000_000);

/// <summary>What waits and runs in a queue.</summary>
/// <param name="Queue">Name of the queue.</param>
public sealed record QueueStatus(string Queue)
{
    /// <summary>Messages that wait and may run now.</summary>
    public long Depth { get; init; }

    /// <summary>Messages that wait for their time.</summary>
    public long Scheduled { get; init; }

    /// <summary>Messages that run.</summary>
    public long Running { get; init; }

    /// <summary>Dead letters: messages whose failure is final.</summary>
    public long DeadLetters { get; init; }

    /// <summary>When the oldest message that may run now became due; null where there is none.</summary>
    public DateTimeOffset? OldestAt { get; init; }

    /// <summary>When the next scheduled message becomes due; null where there is none.</summary>
    public DateTimeOffset? NextDueAt { get; init; }

    /// <summary>Whether nothing is handed out.</summary>
    public bool IsPaused { get; init; }

    /// <summary>What waits, now or for its time; null where the broker cannot tell.</summary>
    public long Waiting => Depth + Scheduled;
}
