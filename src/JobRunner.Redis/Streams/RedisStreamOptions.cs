namespace JobRunner.Redis.Streams;

/// <summary>What a URL and the manifest say of a queue, with what they leave out.</summary>
internal sealed record RedisStreamOptions
{
    public const string DefaultStream = "jobs";
    public const string DefaultGroup = "jobrunner";
    public const int DefaultMaxInterruptions = 10;

    public required string Name { get; init; }

    public string Stream { get; init; } = DefaultStream;

    public string Group { get; init; } = DefaultGroup;

    public required string Consumer { get; init; }

    public string? DeadLetter { get; init; }

    public long? MaxMessageSize { get; init; }

    /// <summary>Leases that may end without a word before a message is taken for one that kills its workers.</summary>
    public int MaxInterruptions { get; init; } = DefaultMaxInterruptions;

    public static RedisStreamOptions Of(QueueOptions queue, Func<string, string?> environment) => new()
    {
        Name = queue.Url.Parameter("stream") ?? DefaultStream,
        Stream = queue.Url.Parameter("stream") ?? DefaultStream,
        Group = queue.Url.Parameter("group") ?? DefaultGroup,
        Consumer = queue.Url.Parameter("consumer")
            ?? (environment("REDIS_CONSUMER_NAME") is { Length: > 0 } name ? name : $"{Environment.MachineName}-{Environment.ProcessId}"),
        DeadLetter = queue.DeadLetter,
        MaxMessageSize = queue.MaxMessageSize,
    };
}
