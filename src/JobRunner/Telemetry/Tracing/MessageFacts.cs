namespace JobRunner.Telemetry.Tracing;

/// <summary>What a span says of the message that carries a call.</summary>
internal readonly record struct MessageFacts
{
    /// <summary>The broker: <c>redis</c>, <c>nats</c>, <c>rabbitmq</c>, <c>sqlite</c>, <c>memory</c>.</summary>
    public required string System { get; init; }

    /// <summary>The queue's name.</summary>
    public required string Destination { get; init; }

    /// <summary>The endpoint called, with its leading slash.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The message's or the task's id.</summary>
    public string? Id { get; init; }

    /// <summary>1 at the first try.</summary>
    public int Attempt { get; init; }

    /// <summary>The sender's W3C trace context.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The W3C <c>tracestate</c> beside it.</summary>
    public string? TraceState { get; init; }
}
