using System.Text;

namespace JobRunner.Conformance.Stores;

/// <summary>What every store of task records must do. A new store is right when a class that derives from this
/// passes.</summary>
public abstract class TaskStoreSuite : IAsyncLifetime
{
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private ITaskStore? _store;

    protected ManualTime Time { get; } = new();

    protected ITaskStore Store => _store!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract ITaskStore Create(ManualTime time);

    public async ValueTask InitializeAsync()
    {
        _store = Create(Time);
        await Store.OpenAsync(Cancel);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected static NewTask Task(string payload = "{}", string queue = NewTask.HttpQueue) =>
        new() { Endpoint = "/perform", Payload = Encoding.UTF8.GetBytes(payload), Queue = queue };

    protected static TaskOutcome Result(string json = "1") =>
        new() { HttpStatus = 200, Result = Encoding.UTF8.GetBytes(json) };

    protected static TaskOutcome Failure(string message = "broken") => new()
    {
        HttpStatus = 500,
        Result = Encoding.UTF8.GetBytes("{}"),
        Error = message,
        ErrorType = "InvalidOperationException",
        IsRetryable = true,
    };

    protected async Task<TaskRecord> AddAsync(NewTask? task = null)
    {
        var addition = await Store.AddAsync(task ?? Task(), maxQueued: null, Cancel);
        addition.Kind.ShouldBe(TaskAdditionKind.Added);
        return addition.Record!;
    }

    protected Task<IReadOnlyList<TaskLease>> ClaimAsync(int max = 10, string queue = NewTask.HttpQueue) =>
        Store.ClaimAsync(new TaskClaim(queue, max, Lease), Cancel);

    protected async Task<TaskRecord> GetAsync(string id) => (await Store.GetAsync(id, Cancel)).ShouldNotBeNull();

    protected async Task<string[]> StatesAsync(string id) =>
        [.. (await Store.ReadEventsAsync(id, after: 0, max: 100, Cancel))
            .Where(item => item.Kind == TaskEventKinds.State)
            .Select(item => item.Data.Split('"')[3])];
}
