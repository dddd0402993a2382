namespace JobRunner.Telemetry;

/// <summary>Who calls, as the caller's headers or message metadata say; null where they do not.</summary>
/// <param name="TracingId">Ties together the log lines of one request over several services.</param>
/// <param name="CallerName">The caller's name.</param>
/// <param name="CallId">The id of this call.</param>
/// <param name="TraceParent">W3C trace context, passed on even when no trace is recorded here.</param>
internal sealed record CallIdentity(
    string? TracingId = null, string? CallerName = null, string? CallId = null, string? TraceParent = null)
{
    /// <summary>Recordkeeper's id of what this call follows from; the call itself may set another one.</summary>
    public string? PredecessorId { get; set; }
}
