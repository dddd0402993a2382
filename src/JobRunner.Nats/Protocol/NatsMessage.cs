namespace JobRunner.Nats.Protocol;

/// <summary>A message as it came from the server.</summary>
internal sealed record NatsMessage(string Subject, string? ReplyTo, NatsHeaders? Headers, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The three digits of a message that the server itself sent; 0 for ordinary ones.</summary>
    public int Status => Headers?.Status ?? 0;
}
