using System.Text.Json.Serialization;

namespace JobRunner.Nats.JetStream;

internal enum DeliverPolicy
{
    [JsonStringEnumMemberName("all")]
    All,

    [JsonStringEnumMemberName("last")]
    Last,

    [JsonStringEnumMemberName("new")]
    New,

    [JsonStringEnumMemberName("by_start_sequence")]
    ByStartSequence,

    [JsonStringEnumMemberName("by_start_time")]
    ByStartTime,

    [JsonStringEnumMemberName("last_per_subject")]
    LastPerSubject,
}

internal enum AckPolicy
{
    [JsonStringEnumMemberName("none")]
    None,

    [JsonStringEnumMemberName("all")]
    All,

    [JsonStringEnumMemberName("explicit")]
    Explicit,
}

/// <summary>How a pull consumer is set up. Limits of -1 are none; durations are nanoseconds on the wire.</summary>
internal sealed record ConsumerConfig
{
    /// <summary>Null: the server chooses a name and removes the consumer when nobody has used it for a while.</summary>
    public string? DurableName { get; init; }

    public string? Description { get; init; }

    public DeliverPolicy DeliverPolicy { get; init; }

    public ulong? OptStartSeq { get; init; }

    public AckPolicy AckPolicy { get; init; } = AckPolicy.Explicit;

    /// <summary>How long a message is lent before it is delivered again.</summary>
    public TimeSpan? AckWait { get; init; }

    public long MaxDeliver { get; init; } = -1;

    public string? FilterSubject { get; init; }

    public long? MaxAckPending { get; init; }

    public bool HeadersOnly { get; init; }

    public TimeSpan? InactiveThreshold { get; init; }

    public bool MemStorage { get; init; }

    public int NumReplicas { get; init; }
}

internal sealed record CreateConsumerRequest
{
    public required string StreamName { get; init; }

    public required ConsumerConfig Config { get; init; }
}

internal sealed record ConsumerInfo : ApiResponse
{
    public string Name { get; init; } = "";

    public string StreamName { get; init; } = "";

    public ConsumerConfig? Config { get; init; }

    /// <summary>How far delivery has come.</summary>
    public SequencePair Delivered { get; init; } = new();

    /// <summary>Delivered and not yet acknowledged.</summary>
    public long NumAckPending { get; init; }

    public long NumRedelivered { get; init; }

    public long NumWaiting { get; init; }

    /// <summary>Not yet delivered.</summary>
    public long NumPending { get; init; }
}

internal sealed record SequencePair
{
    public ulong ConsumerSeq { get; init; }

    public ulong StreamSeq { get; init; }
}

/// <summary>What a pull asks for.</summary>
internal sealed record PullRequest
{
    public int Batch { get; init; } = 1;

    /// <summary>How long the server keeps the request; needed unless <see cref="NoWait"/>.</summary>
    public TimeSpan? Expires { get; init; }

    /// <summary>Answer at once with what is there.</summary>
    public bool NoWait { get; init; }

    /// <summary>How often the server says that it is still there; at most half of <see cref="Expires"/>.</summary>
    public TimeSpan? IdleHeartbeat { get; init; }
}
