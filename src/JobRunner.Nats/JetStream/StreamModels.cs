using System.Text.Json.Serialization;

namespace JobRunner.Nats.JetStream;

internal enum StreamRetention
{
    [JsonStringEnumMemberName("limits")]
    Limits,

    [JsonStringEnumMemberName("interest")]
    Interest,

    /// <summary>A message is removed once it is acknowledged.</summary>
    [JsonStringEnumMemberName("workqueue")]
    WorkQueue,
}

internal enum StreamStorage
{
    [JsonStringEnumMemberName("file")]
    File,

    [JsonStringEnumMemberName("memory")]
    Memory,
}

internal enum StreamDiscard
{
    [JsonStringEnumMemberName("old")]
    Old,

    [JsonStringEnumMemberName("new")]
    New,
}

/// <summary>How a stream is set up. Limits of -1 are none; durations are nanoseconds on the wire.</summary>
internal sealed record StreamConfig
{
    public required string Name { get; init; }

    public IReadOnlyList<string>? Subjects { get; init; }

    public string? Description { get; init; }

    public StreamRetention Retention { get; init; }

    public StreamStorage Storage { get; init; }

    public StreamDiscard Discard { get; init; }

    public int NumReplicas { get; init; } = 1;

    public long MaxMsgs { get; init; } = -1;

    public long MaxMsgsPerSubject { get; init; } = -1;

    public long MaxBytes { get; init; } = -1;

    public int MaxMsgSize { get; init; } = -1;

    public TimeSpan MaxAge { get; init; }

    /// <summary>How long a message id is remembered.</summary>
    public TimeSpan DuplicateWindow { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether a message may replace all others of its subject.</summary>
    public bool AllowRollupHdrs { get; init; }

    /// <summary>Whether any replica answers single reads.</summary>
    public bool AllowDirect { get; init; }
}

internal sealed record StreamState
{
    public long Messages { get; init; }

    public long Bytes { get; init; }

    public ulong FirstSeq { get; init; }

    public ulong LastSeq { get; init; }

    public int ConsumerCount { get; init; }

    public long NumSubjects { get; init; }

    /// <summary>Messages per subject, where they were asked for.</summary>
    public Dictionary<string, long>? Subjects { get; init; }
}

internal sealed record StreamInfo : ApiResponse
{
    public StreamConfig? Config { get; init; }

    public StreamState State { get; init; } = new();

    /// <summary>How many subjects there are in all; an answer holds a page of them.</summary>
    public long Total { get; init; }
}

internal sealed record StreamInfoRequest
{
    public string? SubjectsFilter { get; init; }

    public long? Offset { get; init; }
}

internal sealed record StreamNamesRequest
{
    public required string Subject { get; init; }
}

internal sealed record StreamNamesResponse : ApiResponse
{
    public IReadOnlyList<string>? Streams { get; init; }
}

/// <summary>What to remove: everything, or only messages of a subject, before a sequence, or all but the last few.</summary>
internal sealed record PurgeRequest
{
    public string? Filter { get; init; }

    public ulong? Seq { get; init; }

    public long? Keep { get; init; }
}

internal sealed record PurgeResponse : ApiResponse
{
    public long Purged { get; init; }
}

internal sealed record DeleteMessageRequest
{
    public ulong Seq { get; init; }

    /// <summary>Unlink only, without overwriting what was stored.</summary>
    public bool NoErase { get; init; } = true;
}

internal sealed record GetMessageRequest
{
    public ulong? Seq { get; init; }

    public string? LastBySubj { get; init; }

    public string? NextBySubj { get; init; }
}

internal sealed record GetMessageResponse : ApiResponse
{
    public StoredMessageJson? Message { get; init; }
}

internal sealed record StoredMessageJson
{
    public string Subject { get; init; } = "";

    public ulong Seq { get; init; }

    public byte[]? Hdrs { get; init; }

    public byte[]? Data { get; init; }

    public DateTimeOffset Time { get; init; }
}
