namespace JobRunner;

/// <summary>A message is larger than its transport carries; nothing was put.</summary>
/// <param name="size">Size of the message in bytes.</param>
/// <param name="limit">Most bytes that the transport carries.</param>
public sealed class MessageTooLargeException(long size, long limit)
    : Exception($"the message has {size} bytes, and the queue takes at most {limit}")
{
    /// <summary>Size of the message in bytes.</summary>
    public long Size { get; } = size;

    /// <summary>Most bytes that the transport carries.</summary>
    public long Limit { get; } = limit;
}
