namespace JobRunner;

/// <summary>A message whose failure is final.</summary>
/// <param name="Message">The message as it came.</param>
/// <param name="Error">Why the last attempt failed.</param>
/// <param name="Type">Type of that error.</param>
/// <param name="Attempts">Attempts made.</param>
public sealed record DeadLetter(QueueMessage Message, string? Error, string? Type, int Attempts)
{
    /// <summary>When an attempt first failed.</summary>
    public DateTimeOffset? FirstFailedAt { get; init; }

    /// <summary>When an attempt last failed.</summary>
    public DateTimeOffset? LastFailedAt { get; init; }
}

/// <summary>A page of dead letters.</summary>
/// <param name="Letters">The letters, newest first.</param>
/// <param name="Next">Cursor of the next page; null where this is the last.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetter> Letters, string? Next);
