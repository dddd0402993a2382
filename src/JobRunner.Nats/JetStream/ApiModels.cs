using System.Text.Json;
using System.Text.Json.Serialization;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.JetStream;

/// <summary>What every answer of JetStream may have instead of its content.</summary>
internal record ApiResponse
{
    public ApiError? Error { get; init; }
}

internal sealed record ApiError
{
    public int Code { get; init; }

    public int ErrCode { get; init; }

    public string Description { get; init; } = "";
}

internal sealed record SuccessResponse : ApiResponse
{
    public bool Success { get; init; }
}

/// <summary>Where a published message was stored.</summary>
internal sealed record PublishAck : ApiResponse
{
    public string Stream { get; init; } = "";

    public ulong Seq { get; init; }

    /// <summary>A message of this id had been stored before; this one was not.</summary>
    public bool Duplicate { get; init; }
}

/// <summary>JetStream refused; the numbers are the server's own.</summary>
internal sealed class JetStreamException(int code, int errorCode, string description) : NatsException($"JetStream says: {description}")
{
    /// <summary>Like an HTTP status.</summary>
    public int Code { get; } = code;

    /// <summary>Tells errors of one <see cref="Code"/> apart; 0 where there is none.</summary>
    public int ErrorCode { get; } = errorCode;

    public bool IsNotFound => Code == 404;

    /// <summary>The stream or subject has gone on since the sequence that was expected.</summary>
    public bool IsWrongSequence => ErrorCode == 10071;

    /// <summary>A stream of this name exists and is set up otherwise.</summary>
    public bool IsStreamNameInUse => ErrorCode == 10058;

    /// <summary>The stream is full and does not drop what is old.</summary>
    public bool IsStreamFull => ErrorCode == 10077 || Code == 507;
}

/// <summary>JetStream counts durations in nanoseconds.</summary>
internal sealed class NanosecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64() / TimeSpan.NanosecondsPerTick);

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Ticks * TimeSpan.NanosecondsPerTick);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(NanosecondsConverter)])]
[JsonSerializable(typeof(StreamConfig))]
[JsonSerializable(typeof(StreamInfo))]
[JsonSerializable(typeof(StreamInfoRequest))]
[JsonSerializable(typeof(StreamNamesRequest))]
[JsonSerializable(typeof(StreamNamesResponse))]
[JsonSerializable(typeof(PurgeRequest))]
[JsonSerializable(typeof(PurgeResponse))]
[JsonSerializable(typeof(DeleteMessageRequest))]
[JsonSerializable(typeof(GetMessageRequest))]
[JsonSerializable(typeof(GetMessageResponse))]
[JsonSerializable(typeof(CreateConsumerRequest))]
[JsonSerializable(typeof(ConsumerInfo))]
[JsonSerializable(typeof(PullRequest))]
[JsonSerializable(typeof(SuccessResponse))]
[JsonSerializable(typeof(PublishAck))]
internal sealed partial class JetStreamJson : JsonSerializerContext;
