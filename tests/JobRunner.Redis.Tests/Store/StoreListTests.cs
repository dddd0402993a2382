using JobRunner.Redis.Store;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Store;

public sealed class StoreListTests(RedisServer server) : IAsyncLifetime
{
    private RedisTaskStore _store = null!;

    public ValueTask InitializeAsync()
    {
        _store = Stores.Of(server, RedisConnections.Key() + ":");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Pages_are_newest_first_and_complete(int protocol)
    {
        var prefix = RedisConnections.Key() + ":";
        await using var store = Stores.Of(server, prefix, protocol);
        var added = new List<string>();
        for (var i = 0; i < 7; i++) added.Insert(0, (await store.AddAsync(change: task => task with { Queue = $"queue{i % 3}" })).Id);
        await store.ClaimAsync(new TaskClaim("queue1", 1, Stores.Long), CancellationToken.None);
        var listed = new List<string>();
        string? after = null;
        do
        {
            var page = await store.ListAsync(new TaskQuery { Limit = 3, After = after }, CancellationToken.None);
            page.Tasks.Count.ShouldBeLessThanOrEqualTo(3);
            listed.AddRange(page.Tasks.Select(task => task.Id));
            after = page.Next;
        }
        while (after is not null);

        listed.ShouldBe(added);
    }

    [Fact]
    public async Task State_queue_and_search_narrow_the_list()
    {
        var first = await _store.AddAsync(change: task => task with { Caller = "Alice" });
        await _store.FinishAsync(await _store.ClaimOneAsync(), Stores.Failure, CancellationToken.None);
        var second = await _store.AddAsync(change: task => task with { Queue = "math" });

        (await ListAsync(new TaskQuery { Status = TaskState.Failed })).ShouldBe([first.Id]);
        (await ListAsync(new TaskQuery { Status = TaskState.Running })).ShouldBeEmpty();
        (await ListAsync(new TaskQuery { Queue = "math" })).ShouldBe([second.Id]);
        (await ListAsync(new TaskQuery { Search = "alic" })).ShouldBe([first.Id]);
        (await ListAsync(new TaskQuery { Search = second.Id[..8] })).ShouldBe([second.Id]);
        (await ListAsync(new TaskQuery { Search = "nowhere" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_holds_no_payloads_and_no_results()
    {
        await _store.AddAsync("large");

        var task = (await _store.ListAsync(new TaskQuery(), CancellationToken.None)).Tasks.ShouldHaveSingleItem();

        task.Payload.Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_cursor_of_somebody_else_is_refused() =>
        await Should.ThrowAsync<FormatException>(() => _store.ListAsync(new TaskQuery { After = "x'; --" }, CancellationToken.None));

    [Fact]
    public async Task Ended_records_are_dropped_by_age_completed_ones_before_failed_ones()
    {
        var completed = await EndAsync(Stores.Success);
        var failed = await EndAsync(Stores.Failure);
        var waiting = await _store.AddAsync();
        var old = TimeSpan.FromTicks(-TimeSpan.TicksPerMinute);
        var never = TimeSpan.FromDays(1);

        (await _store.PurgeAsync(new TaskRetention(never, never), CancellationToken.None)).ShouldBe(0);
        (await _store.PurgeAsync(new TaskRetention(old, never), CancellationToken.None)).ShouldBe(1);
        (await _store.GetAsync(completed, CancellationToken.None)).ShouldBeNull();
        (await _store.ReadEventsAsync(completed, 0, 10, CancellationToken.None)).ShouldBeEmpty();
        (await _store.PurgeAsync(new TaskRetention(never, old), CancellationToken.None)).ShouldBe(1);

        (await ListAsync(new TaskQuery())).ShouldBe([waiting.Id]);
        (await _store.GetAsync(failed, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Beyond_the_most_records_the_oldest_completed_ones_go_first()
    {
        var failed = await EndAsync(Stores.Failure);
        var old = await EndAsync(Stores.Success);
        var young = await EndAsync(Stores.Success);

        (await _store.PurgeAsync(new TaskRetention(Stores.Long, Stores.Long, MaxRecords: 2), CancellationToken.None)).ShouldBe(1);

        (await ListAsync(new TaskQuery())).ShouldBe([young, failed]);
        old.ShouldNotBe(young);
    }

    [Fact]
    public async Task Only_what_has_ended_can_be_deleted()
    {
        var ended = await EndAsync(Stores.Success);
        var waiting = await _store.AddAsync();

        (await _store.DeleteAsync([ended, waiting.Id, "unknown"], CancellationToken.None)).ShouldBe(1);

        (await ListAsync(new TaskQuery())).ShouldBe([waiting.Id]);
    }

    [Fact]
    public async Task Every_queue_is_inspected()
    {
        await _store.AddAsync(change: task => task with { Queue = "b" });
        await _store.AddAsync(change: task => task with { Queue = "a" });
        await _store.ClaimAsync(new TaskClaim("a", 1, Stores.Long), CancellationToken.None);

        var all = await _store.InspectAllAsync(CancellationToken.None);

        all.Select(status => (status.Queue, status.Depth, status.Running)).ShouldBe([("a", 0, 1), ("b", 1, 0)]);
        all[1].OldestAt!.Value.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
    }

    private async Task<string> EndAsync(TaskOutcome outcome)
    {
        var task = await _store.AddAsync();
        await _store.FinishAsync(await _store.ClaimOneAsync(), outcome, CancellationToken.None);
        return task.Id;
    }

    private async Task<IEnumerable<string>> ListAsync(TaskQuery query) =>
        (await _store.ListAsync(query, CancellationToken.None)).Tasks.Select(task => task.Id);
}
