namespace JobRunner.Cli.Enqueueing;

/// <summary>One task that is to be put.</summary>
/// <param name="Payload">Its arguments: a JSON node, or the bytes of a JSON object.</param>
/// <param name="Origin">What the user would look for, such as <c>Line 7 of tasks.jsonl</c>.</param>
/// <param name="Size">What it adds to the size of all.</param>
internal sealed record TaskToPut(object? Payload, string Origin, long Size);

/// <summary>The tasks of one command line, as they are read.</summary>
/// <param name="Tasks">The tasks; the token ends the reading.</param>
/// <param name="Size">Their size in all; null where nobody knows.</param>
internal sealed record TasksToPut(Func<CancellationToken, IAsyncEnumerable<TaskToPut>> Tasks, long? Size)
{
    /// <summary>Whether there may be more than one.</summary>
    public bool AreMany { get; private init; } = true;

    /// <summary>A single task.</summary>
    public static TasksToPut One(object payload) => Of([new TaskToPut(payload, "The task", Size: 1)]) with { AreMany = false };

    /// <summary>Tasks that are there already.</summary>
    public static TasksToPut Of(IReadOnlyCollection<TaskToPut> tasks) => new(_ => tasks.ToAsyncEnumerable(), tasks.Count);
}
