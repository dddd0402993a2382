using System.Text.Json;
using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Tasks;

/// <summary>What happens to a task. An event's id is its number in the bucket, which grows with every write.</summary>
internal sealed partial class NatsTaskStore
{
    public Task<IReadOnlyList<TaskEvent>> ReadEventsAsync(
        string id, long after, int max, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<TaskEvent>>(async () =>
        {
            var bucket = await OpenedAsync(cancellationToken);
            if (await ReadAsync(bucket, id, cancellationToken) is not { } stored) return [];
            var others = await bucket.ReadAsync($"{TaskKeys.EventPrefix}{TaskKeys.Word(id)}.*", (ulong)Math.Max(0, after), max, cancellationToken);

            // The record is read first: an event that came in between must not hide a state that came before it.
            return
            [
                .. stored.StateEvents().Concat(others.Select(Event).OfType<TaskEvent>())
                    .Where(happened => happened.Id > after)
                    .OrderBy(happened => happened.Id)
                    .Take(max),
            ];
        });

    private async Task PublishEventsAsync(StoredTask stored, IReadOnlyList<NewTaskEvent> events, CancellationToken cancellationToken)
    {
        var bucket = await OpenedAsync(cancellationToken);
        foreach (var happened in events)
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(
                new StoredEvent(happened.Kind, _time.GetUtcNow(), happened.Data), TasksJson.Default.StoredEvent);
            await bucket.PutAsync(TaskKeys.NewEvent(stored.Task.Id), bytes, cancellationToken);
        }
    }

    private static TaskEvent? Event(KeyValueEntry entry)
    {
        try
        {
            return JsonSerializer.Deserialize(entry.Value.Span, TasksJson.Default.StoredEvent) is { } stored
                ? new TaskEvent((long)entry.Revision, stored.Kind, stored.At, stored.Data)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
