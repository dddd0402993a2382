namespace JobRunner.Tasks;

/// <summary>What a host was told about tasks, with the intervals of its loops.</summary>
internal sealed record TaskSettings
{
    public required JobTypeExtra Extra { get; init; }

    /// <summary>How long a lease lasts; it is renewed at a third of this.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan PurgeInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Wait before the second attempt; doubled for each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Tasks at once where the job itself has no cap.</summary>
    public int UncappedConcurrency { get; init; } = 100;

    /// <summary>Longest wait of one poll.</summary>
    public TimeSpan PollPatience { get; init; } = TimeSpan.FromSeconds(30);
}
