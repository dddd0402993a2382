using System.Security.Cryptography;
using System.Text.Json;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Adds tasks: all of them in one step, once per idempotency key, and no more than may wait.</summary>
internal sealed class RecordAdditions(StoreCalls calls, RecordWriter records)
{
    public async Task<IReadOnlyList<TaskAddition>> AddAsync(
        IReadOnlyList<NewTask> tasks, int? maxQueued, CancellationToken cancellationToken)
    {
        if (tasks.Count == 0) return [];
        var now = calls.Now;
        var created = tasks.Select(task => TaskTransitions.Create(task, now)).ToList();
        RedisArgument[] limits =
            [(long)ITaskStore.IdempotencyWindow.TotalMilliseconds, maxQueued is { } most ? most : ""];
        var answers = await calls.EvaluateAsync(
            StoreScripts.Add, now, [.. limits, .. created.SelectMany(Arguments)], cancellationToken);

        var additions = new List<TaskAddition>(tasks.Count);
        for (var i = 0; i < tasks.Count; i++)
        {
            var kind = (TaskAdditionKind)answers.Items[i].Items[0].Integer;
            var id = answers.Items[i].Items[1].Text!;
            additions.Add(new TaskAddition(kind, kind switch
            {
                TaskAdditionKind.Added => created[i] with { Revision = answers.Items[i].Items[2].Integer },
                TaskAdditionKind.Existing => await records.FindAsync(id, RecordFields.Whole, cancellationToken),
                _ => null,
            }));
        }

        return additions;
    }

    private static IEnumerable<RedisArgument> Arguments(TaskRecord record) =>
    [
        record.Id,
        record.IdempotencyKey is null ? "" : KeyOf(record),
        SHA256.HashData(record.Payload.Span),
        TaskTransitions.StateEvent(record).Data,
        .. StoreCalls.Counted(
            [.. RecordFields.Write(record).SelectMany(field => new RedisArgument[] { field.Key, field.Value })]),
    ];

    // As JSON, the parts cannot run into each other.
    private static string KeyOf(TaskRecord record) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(new[] { record.Caller, record.Queue, record.Endpoint, record.IdempotencyKey })));
}
