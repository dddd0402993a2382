using System.Text;
using JobRunner.Redis.Store;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Store;

internal static class Stores
{
    public static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    public static RedisTaskStore Of(RedisServer server, string prefix, int protocol = 3) => new(
        RedisConnections.To(server, endpoint => endpoint with { Protocol = protocol }), prefix, TimeProvider.System);

    public static NewTask Task(string payload = "{}", Func<NewTask, NewTask>? change = null)
    {
        var task = new NewTask { Endpoint = "/perform", Payload = Encoding.UTF8.GetBytes(payload) };
        return change?.Invoke(task) ?? task;
    }

    public static async Task<TaskRecord> AddAsync(this ITaskStore store, string payload = "{}", Func<NewTask, NewTask>? change = null)
    {
        var addition = await store.AddAsync(Task(payload, change), maxQueued: null, CancellationToken.None);
        addition.Kind.ShouldBe(TaskAdditionKind.Added);
        return addition.Record!;
    }

    public static Task<IReadOnlyList<TaskLease>> ClaimAsync(this ITaskStore store, int max = 1, TimeSpan? duration = null) =>
        store.ClaimAsync(new TaskClaim(NewTask.HttpQueue, max, duration ?? Long), CancellationToken.None);

    public static async Task<TaskLease> ClaimOneAsync(this ITaskStore store, TimeSpan? duration = null) =>
        (await store.ClaimAsync(1, duration)).ShouldHaveSingleItem();

    public static async Task<TaskRecord> FindAsync(this ITaskStore store, string id) =>
        (await store.GetAsync(id, CancellationToken.None)).ShouldNotBeNull();

    public static string Text(this ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public static TaskOutcome Success { get; } = new()
    {
        HttpStatus = 200,
        Result = "7907"u8.ToArray(),
        Headers = new Dictionary<string, string> { ["X-Job"] = "primer" },
    };

    public static TaskOutcome Failure { get; } = new()
    {
        HttpStatus = 500,
        Result = """{"error":"no"}"""u8.ToArray(),
        Error = "no",
        ErrorType = "InvalidOperationException",
        IsRetryable = true,
    };
}
