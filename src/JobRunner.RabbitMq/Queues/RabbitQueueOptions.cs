namespace JobRunner.RabbitMq.Queues;

/// <summary>What a URL and the manifest say of a queue, with what they leave out.</summary>
internal sealed record RabbitQueueOptions
{
    public const string DefaultQueue = "jobs";

    /// <summary>RabbitMQ's own default for <c>max_message_size</c>.</summary>
    public const long DefaultMaxMessageSize = 128L * 1024 * 1024;

    public required QueueNames Names { get; init; }

    public string? Results { get; init; }

    public long MaxMessageSize { get; init; } = DefaultMaxMessageSize;

    public TimeSpan ConsumerTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <exception cref="FormatException">A name is none that RabbitMQ takes.</exception>
    public static RabbitQueueOptions Of(QueueOptions queue) => new()
    {
        Names = new QueueNames(queue.Url.Parameter("queue") ?? DefaultQueue, queue.DeadLetter),
        Results = queue.Results,
        MaxMessageSize = queue.MaxMessageSize ?? DefaultMaxMessageSize,
        ConsumerTimeout = queue.ConsumerTimeout,
    };
}
