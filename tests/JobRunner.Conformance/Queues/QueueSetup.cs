namespace JobRunner.Conformance.Queues;

/// <summary>What a test asks of the queue that it opens.</summary>
/// <param name="Name">Name of the queue; the same name is the same queue.</param>
public sealed record QueueSetup(string Name)
{
    /// <summary>How long a lease lasts unless it is renewed.</summary>
    public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest message in bytes; null: what the transport takes.</summary>
    public long? MaxMessageSize { get; init; }
}
