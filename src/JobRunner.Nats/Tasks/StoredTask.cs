using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobRunner.Nats.Tasks;

/// <summary>
/// A record as the bucket holds it: payload and result have keys of their own, so that renewing a lease moves few bytes.
/// </summary>
internal sealed record StoredTask
{
    /// <summary>Without payload and result.</summary>
    public required TaskRecord Task { get; init; }

    /// <summary>Order of arrival, newest greatest.</summary>
    public long Order { get; init; }

    /// <summary>Entering a state is an event, and is written with it.</summary>
    public IReadOnlyList<StateEvent> States { get; init; } = [];

    /// <summary>Key of the result; null where there is none.</summary>
    public string? ResultKey { get; init; }

    /// <summary>The revision that was read; not stored.</summary>
    [JsonIgnore]
    public ulong Revision { get; init; }

    /// <summary>As it is told to users, without payload and result.</summary>
    [JsonIgnore]
    public TaskRecord Record => Task with { Revision = (long)Revision };

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, TasksJson.Default.StoredTask);

    /// <returns>Null where somebody else wrote something there.</returns>
    public static StoredTask? Read(ReadOnlyMemory<byte> json, ulong revision)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, TasksJson.Default.StoredTask) is { } stored ? stored with { Revision = revision } : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The record changed; where it enters another state, with an event. The event's id is the revision that it is
    /// written with, which is known only afterwards: the next change fills it in.
    /// </summary>
    public StoredTask Become(TaskRecord record, string? resultKey, DateTimeOffset now)
    {
        StateEvent[] known = [.. States.Select(state => state.Id is null ? state with { Id = (long)Revision } : state)];
        var isEntered = Revision == 0 || record.Status != Task.Status;
        return this with
        {
            Task = record with { Payload = default, Result = null },
            ResultKey = resultKey,
            States = isEntered ? [.. known, new StateEvent(null, now, TaskTransitions.StateEvent(record).Data)] : known,
        };
    }

    public static StoredTask First(TaskRecord record, string? resultKey, long order, DateTimeOffset now) =>
        new StoredTask { Task = record, Order = order }.Become(record, resultKey, now);

    public IEnumerable<TaskEvent> StateEvents() => States.Select(state =>
        new TaskEvent(state.Id ?? (long)Revision, TaskEventKinds.State, state.At, state.Data));
}

/// <summary>When a task entered a state.</summary>
internal sealed record StateEvent(long? Id, DateTimeOffset At, string Data);

/// <summary>Any other event.</summary>
internal sealed record StoredEvent(string Kind, DateTimeOffset At, string Data);

/// <summary>The task that an idempotency key was used for.</summary>
internal sealed record StoredKey(string Id, string PayloadHash, DateTimeOffset At);

internal sealed record ErrorData(string Error, string Type);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredTask))]
[JsonSerializable(typeof(StoredEvent))]
[JsonSerializable(typeof(StoredKey))]
[JsonSerializable(typeof(ErrorData))]
internal sealed partial class TasksJson : JsonSerializerContext;
