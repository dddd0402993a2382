namespace JobRunner;

/// <summary>The right to carry out a message for a while.</summary>
/// <param name="Message">The message.</param>
public record QueueLease(QueueMessage Message)
{
    /// <summary>What the transport knows the delivery by; only the queue that gave the lease reads it.</summary>
    public object? Receipt { get; init; }

    /// <summary>The lease on the record, where the queue keeps its messages in the store of records. Whoever holds it
    /// reports progress and events by it.</summary>
    public TaskLease? Task { get; init; }
}
