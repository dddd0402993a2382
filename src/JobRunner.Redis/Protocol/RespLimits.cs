namespace JobRunner.Redis.Protocol;

/// <summary>What a reply may take, so that no server can exhaust memory or stack.</summary>
internal sealed record RespLimits
{
    /// <summary>The longest line: numbers, simple strings and errors.</summary>
    public int Line { get; init; } = 64 * 1024;

    /// <summary>The longest string in bytes; Redis's own default.</summary>
    public int Bulk { get; init; } = 512 * 1024 * 1024;

    /// <summary>The largest reply in bytes as it is held in memory.</summary>
    public long Reply { get; init; } = 1024L * 1024 * 1024;

    /// <summary>How deep aggregates may nest.</summary>
    public int Depth { get; init; } = 64;
}
