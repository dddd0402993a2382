namespace JobRunner.Redis.Streams;

/// <summary>The keys of one queue. The stream of its name holds messages of priority 0, so that a plain XADD works; each
/// other priority has a stream of its own beside it.</summary>
internal sealed class StreamNames(string stream, string? deadLetter)
{
    public string Stream { get; } = stream;

    /// <summary>Messages whose time has not come: the time as score, stream and fields packed as member.</summary>
    public string Delayed { get; } = $"{stream}:delayed";

    /// <summary>Exists while the queue is paused.</summary>
    public string Paused { get; } = $"{stream}:paused";

    public string DeadLetters { get; } = deadLetter ?? $"{stream}.dead";

    /// <summary>The streams from the highest priority down.</summary>
    public IReadOnlyList<string> Bands { get; } =
        [.. Enumerable.Range(0, NewTask.MaxPriority + 1).Reverse().Select(priority => Band(stream, priority))];

    public string BandOf(int priority) => Band(Stream, Math.Clamp(priority, 0, NewTask.MaxPriority));

    public string Idempotency(string digest) => $"{Stream}:idempotency:{digest}";

    private static string Band(string stream, int priority) => priority == 0 ? stream : $"{stream}:{priority}";
}
