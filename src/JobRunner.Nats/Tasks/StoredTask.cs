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

    /// <summary>A change of state with its event. The event's id is the revision that it is written with, which is known
    /// only afterwards: the next change fills it in.</summary>
    public StoredTask Enter(TaskRecord task, DateTimeOffset now) => With(task) with
    {
        States = [.. Numbered(), new StateEvent(null, now, StateData(task))],
    };

    /// <summary>A change that keeps the state.</summary>
    public StoredTask With(TaskRecord task) => this with { Task = task, States = Numbered() };

    public IEnumerable<TaskEvent> StateEvents() => States.Select(state =>
        new TaskEvent(state.Id ?? (long)Revision, TaskEventKinds.State, state.At, state.Data));

    private StateEvent[] Numbered() => [.. States.Select(state => state.Id is null ? state with { Id = (long)Revision } : state)];

    private static string StateData(TaskRecord task)
    {
        var data = new StateData(task.Status.Name(), task.Attempts, task.Error);
        return JsonSerializer.Serialize(data, TasksJson.Default.StateData);
    }
}

/// <summary>When a task entered a state.</summary>
internal sealed record StateEvent(long? Id, DateTimeOffset At, string Data);

internal sealed record StateData(string Status, int Attempts, string? Error);

/// <summary>Any other event.</summary>
internal sealed record StoredEvent(string Kind, DateTimeOffset At, string Data);

/// <summary>The task that an idempotency key was used for.</summary>
internal sealed record StoredKey(string Id, string PayloadHash, DateTimeOffset At);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredTask))]
[JsonSerializable(typeof(StateData))]
[JsonSerializable(typeof(StoredEvent))]
[JsonSerializable(typeof(StoredKey))]
internal sealed partial class TasksJson : JsonSerializerContext;
