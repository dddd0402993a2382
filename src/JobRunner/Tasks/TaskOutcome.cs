namespace JobRunner;

/// <summary>How a run ended: what the synchronous call would have answered, and why where it failed.</summary>
public sealed record TaskOutcome
{
    /// <summary>HTTP status that the synchronous call would have had.</summary>
    public required int HttpStatus { get; init; }

    /// <summary>Body of that answer.</summary>
    public required ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>Media type of the body.</summary>
    public string? MediaType { get; init; } = "application/json";

    /// <summary>Further headers of that answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = NewTask.NoProperties;

    /// <summary>Why there is no result; null for a success.</summary>
    public string? Error { get; init; }

    /// <summary>Type of the error.</summary>
    public string? ErrorType { get; init; }

    /// <summary>Whether another attempt may mend the failure.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>Whether the payload did not fit the endpoint's parameters; during a rollout the next worker may know
    /// them.</summary>
    public bool IsUnbound { get; init; }

    /// <summary>Whether the run succeeded.</summary>
    public bool IsSuccess => Error is null;
}
