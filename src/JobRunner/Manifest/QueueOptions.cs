namespace JobRunner;

/// <summary>What the <c>tasker</c> format compares a task's code with.</summary>
public enum HashSource
{
    /// <summary>The SHA-256 of what is about to run.</summary>
    Content,

    /// <summary>The text of the file <c>{codePath}.etag</c>.</summary>
    Sidecar,
}

/// <summary>One entry of <c>jobtype_extra.queues</c>: a queue that the host works on.</summary>
public sealed record QueueOptions
{
    private readonly int? _maxAttempts;

    /// <summary>Where the queue is; its parameters hold only the transport's own names.</summary>
    public required QueueUrl Url { get; init; }

    /// <summary>The form of its messages: job, rq, executer-tracker, function-spawner or tasker.</summary>
    public string Format { get; init; } = "job";

    /// <summary>The endpoint called where a message does not say.</summary>
    public string Endpoint { get; init; } = "/perform";

    /// <summary>How its calls are carried out; null: as the job's.</summary>
    public ExecutorOptions? Executor { get; init; }

    /// <summary>Calls at once from this queue, below the job's own cap; null: the same as the job's.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>
    /// Attempts, the first included. Where nothing is set: 2 in the native format, 1 in foreign ones, whose messages
    /// may say more themselves.
    /// </summary>
    public int MaxAttempts
    {
        get => _maxAttempts ?? (Format is "job" ? 2 : 1);
        init => _maxAttempts = value;
    }

    /// <summary>The wait before the first retry, doubled per attempt, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between attempts.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a lease lasts unless it is renewed.</summary>
    public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The queue of dead letters; null: the queue's name with <c>.dead</c>.</summary>
    public string? DeadLetter { get; init; }

    /// <summary>Where every outcome is also published; null: nowhere.</summary>
    public string? Results { get; init; }

    /// <summary>The folder for results too large for the broker; null: such a result fails its task.</summary>
    public string? ResultsSpill { get; init; }

    /// <summary>For <c>rq</c>: function name to endpoint.</summary>
    public IReadOnlyDictionary<string, string> Functions { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>For <c>tasker</c>: what a task's hash is compared with.</summary>
    public HashSource Hash { get; init; } = HashSource.Content;

    /// <summary>What RabbitMQ's consumer timeout is set to: longer calls are handed to the store before it.</summary>
    public TimeSpan ConsumerTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The largest message in bytes; null: what the broker announces, 128 MiB for RabbitMQ.</summary>
    public long? MaxMessageSize { get; init; }

    /// <summary>
    /// Reads a queue from its URL alone, as <c>--queue URL</c> does: every scalar key may stand in the query.
    /// </summary>
    /// <exception cref="ManifestException">The URL or a key of its query is wrong.</exception>
    public static QueueOptions FromUrl(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Manifest.QueueSchema.FromUrl(url);
    }
}
