namespace JobRunner.Nats.Protocol;

internal enum FrameKind
{
    Info,
    Message,
    Ping,
    Pong,
    Ok,
    Error,
}

/// <summary>One thing that the server said.</summary>
/// <param name="Kind">Which of the others has a value.</param>
/// <param name="Info">For <see cref="FrameKind.Info"/>.</param>
/// <param name="SubscriptionId">For <see cref="FrameKind.Message"/>.</param>
/// <param name="Message">For <see cref="FrameKind.Message"/>.</param>
/// <param name="Error">For <see cref="FrameKind.Error"/>, without its quotes.</param>
internal readonly record struct ServerFrame(
    FrameKind Kind,
    ServerInfo? Info = null,
    long SubscriptionId = 0,
    NatsMessage? Message = null,
    string? Error = null);
