using System.Text.Json;
using JobRunner.Redis.Protocol;
using JobRunner.Redis.Store;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Store;

public sealed class RedisTaskStoreTests(RedisServer server) : IAsyncLifetime
{
    private readonly string _prefix = RedisConnections.Key() + ":";
    private RedisTaskStore _store = null!;
    private RedisTaskStore _replica = null!;

    public ValueTask InitializeAsync()
    {
        _store = Stores.Of(server, _prefix);
        _replica = Stores.Of(server, _prefix, protocol: 2);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _replica.DisposeAsync();
    }

    [Fact]
    public async Task A_replica_reads_all_that_another_has_written()
    {
        var task = Stores.Task("""{"number": 7907}""") with
        {
            Queue = "math",
            MaxAttempts = 5,
            NotBefore = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Deadline = new DateTimeOffset(2100, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(7),
            Priority = 3,
            Caller = "somebody",
            TracingId = "trace",
            PredecessorId = "before",
            TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            IdempotencyKey = "key",
            ReplyTo = "replies",
            WebhookUrl = "https://example.org/",
            Properties = new Dictionary<string, string> { ["a"] = "ä" },
        };
        var added = (await _store.AddAsync(task, null, CancellationToken.None)).Record!;

        var read = await _replica.FindAsync(task.Id);

        read.Payload.Text().ShouldBe("""{"number": 7907}""");
        read.Properties.ShouldBe(task.Properties);
        (read with { Payload = added.Payload, Properties = added.Properties, Headers = added.Headers }).ShouldBe(added);
        (await _replica.GetAsync("unknown", CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_task_runs_once_and_its_outcome_is_stored()
    {
        var task = await _store.AddAsync();
        var lease = await _replica.ClaimOneAsync();
        (await _store.ClaimAsync()).ShouldBeEmpty();
        lease.Record.Status.ShouldBe(TaskState.Running);
        lease.Attempt.ShouldBe(1);

        var finished = await _replica.FinishAsync(lease, Stores.Success, CancellationToken.None);

        finished!.Payload.Text().ShouldBe("{}");
        var record = await _store.FindAsync(task.Id);
        (record.Status, record.Attempts, record.HttpStatus, record.LeaseOwner).ShouldBe((TaskState.Completed, 1, 200, null));
        record.Result!.Value.Text().ShouldBe("7907");
        record.Headers["X-Job"].ShouldBe("primer");
        record.EndedAt!.Value.ShouldBeGreaterThanOrEqualTo(record.StartedAt!.Value);
    }

    [Fact]
    public async Task An_outcome_counts_only_with_the_latest_lease()
    {
        var task = await _store.AddAsync();
        var lost = await _store.ClaimOneAsync(TimeSpan.Zero);
        (await _replica.SweepAsync(10, CancellationToken.None)).ShouldHaveSingleItem().Interruptions.ShouldBe(1);
        var held = await _replica.ClaimOneAsync();
        held.FencingToken.ShouldBeGreaterThan(lost.FencingToken);

        (await _store.FinishAsync(lost, Stores.Success, CancellationToken.None)).ShouldBeNull();
        (await _store.RetryAsync(lost, Stores.Failure, TimeSpan.Zero, CancellationToken.None)).ShouldBeNull();
        (await _store.ReleaseAsync(lost, CancellationToken.None)).ShouldBeFalse();
        (await _store.ReportAsync(lost, 0.5, null, CancellationToken.None)).ShouldBeFalse();
        (await _store.AppendAsync(lost, [new NewTaskEvent("log", "{}")], CancellationToken.None)).ShouldBeFalse();
        (await _store.RenewAsync([lost, held], Stores.Long, CancellationToken.None)).ShouldBe([LeaseState.Lost, LeaseState.Held]);

        (await _replica.FinishAsync(held, Stores.Success, CancellationToken.None)).ShouldNotBeNull();
        (await _store.FindAsync(task.Id)).Attempts.ShouldBe(1);
    }

    [Fact]
    public async Task Priorities_come_first_then_the_order_of_arrival()
    {
        int[] priorities = [0, 9, 5, 0, 9];
        await _store.AddManyAsync(
            [.. priorities.Select((priority, i) => Stores.Task($"{priority}/{i}") with { Priority = priority })], CancellationToken.None);

        (await _store.PeekAsync(NewTask.HttpQueue, 10, CancellationToken.None)).Select(record => record.Payload.Text())
            .ShouldBe(["9/1", "9/4", "5/2", "0/0", "0/3"]);
        (await _store.ClaimAsync(10)).Select(lease => lease.Record.Payload.Text()).ShouldBe(["9/1", "9/4", "5/2", "0/0", "0/3"]);
    }

    [Fact]
    public async Task A_task_runs_not_before_its_time()
    {
        var due = DateTimeOffset.UtcNow.AddMilliseconds(400);
        await _store.AddAsync(change: task => task with { NotBefore = due });
        var status = await _store.InspectAsync(NewTask.HttpQueue, CancellationToken.None);
        (status.Depth, status.Scheduled).ShouldBe((0, 1));
        status.NextDueAt!.Value.ShouldBe(due, TimeSpan.FromMilliseconds(2));

        await Until.TrueAsync(async () => (await _store.ClaimAsync()).Count == 1, "the task is due");

        DateTimeOffset.UtcNow.ShouldBeGreaterThanOrEqualTo(due);
    }

    [Fact]
    public async Task A_failed_attempt_is_retried_after_its_delay_and_counted()
    {
        var task = await _store.AddAsync();
        await _store.RetryAsync(await _store.ClaimOneAsync(), Stores.Failure, TimeSpan.FromHours(1), CancellationToken.None);
        (await _store.ClaimAsync()).ShouldBeEmpty();

        var record = await _store.FindAsync(task.Id);

        (record.Status, record.Attempts, record.Error, record.ErrorType).ShouldBe((TaskState.Queued, 1, "no", "InvalidOperationException"));
        record.FirstFailedAt.ShouldNotBeNull();
        record.NotBefore!.Value.ShouldBe(DateTimeOffset.UtcNow.AddHours(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_task_given_back_is_taken_again_with_nothing_counted()
    {
        await _store.AddAsync("first");
        await _store.AddAsync("second");

        (await _store.ReleaseAsync(await _store.ClaimOneAsync(), CancellationToken.None)).ShouldBeTrue();

        var again = await _replica.ClaimOneAsync();
        (again.Record.Payload.Text(), again.Record.Attempts, again.Record.Interruptions).ShouldBe(("first", 0, 0));
    }

    [Fact]
    public async Task Too_many_interruptions_lose_a_task()
    {
        var task = await _store.AddAsync();
        for (var i = 0; i < 3; i++)
        {
            await _store.ClaimOneAsync(TimeSpan.Zero);
            (await _store.SweepAsync(2, CancellationToken.None)).Count.ShouldBe(1);
        }

        var record = await _store.FindAsync(task.Id);

        (record.Status, record.ErrorType, record.Interruptions, record.Attempts).ShouldBe((TaskState.Failed, "TaskLost", 3, 0));
        (await _store.SweepAsync(2, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Replicas_that_sweep_at_once_count_one_interruption()
    {
        await _store.AddManyAsync([.. Enumerable.Range(0, 20).Select(_ => Stores.Task())], CancellationToken.None);
        await _store.ClaimAsync(20, TimeSpan.Zero);

        var swept = await Task.WhenAll(_store.SweepAsync(10, CancellationToken.None), _replica.SweepAsync(10, CancellationToken.None));

        swept.Sum(found => found.Count).ShouldBe(20);
        (await _store.ClaimAsync(50)).ShouldAllBe(lease => lease.Record.Interruptions == 1);
    }

    [Fact]
    public async Task Workers_of_many_replicas_take_each_task_once()
    {
        const int Count = 500;
        await _store.AddManyAsync([.. Enumerable.Range(0, Count).Select(i => Stores.Task($"{i}"))], CancellationToken.None);

        var claimed = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? _store : _replica).ClaimAsync(7)));

        claimed.SelectMany(leases => leases).Select(lease => int.Parse(lease.Record.Payload.Text())).Order()
            .ShouldBe(Enumerable.Range(0, Count));
    }

    [Fact]
    public async Task A_queued_task_that_is_cancelled_never_runs()
    {
        var task = await _store.AddAsync();

        (await _store.CancelAsync(task.Id, CancellationToken.None)).ShouldBe(CancelAnswer.Cancelled);

        (await _store.ClaimAsync()).ShouldBeEmpty();
        (await _store.CancelAsync(task.Id, CancellationToken.None)).ShouldBe(CancelAnswer.Finished);
        (await _store.CancelAsync("unknown", CancellationToken.None)).ShouldBe(CancelAnswer.Unknown);
    }

    [Fact]
    public async Task A_running_task_that_is_cancelled_is_told_and_ends_cancelled()
    {
        var task = await _store.AddAsync();
        var lease = await _store.ClaimOneAsync();

        (await _replica.CancelAsync(task.Id, CancellationToken.None)).ShouldBe(CancelAnswer.Cancelling);

        (await _store.RenewAsync([lease], Stores.Long, CancellationToken.None)).ShouldBe([LeaseState.Cancelling]);
        (await _store.FinishAsync(lease, Stores.Success, CancellationToken.None))!.Status.ShouldBe(TaskState.Cancelled);
    }

    [Fact]
    public async Task A_failed_task_runs_again_from_the_start()
    {
        var task = await _store.AddAsync();
        await _store.FinishAsync(await _store.ClaimOneAsync(), Stores.Failure, CancellationToken.None);
        (await _store.InspectAsync(NewTask.HttpQueue, CancellationToken.None)).DeadLetters.ShouldBe(1);

        (await _store.RequeueAsync(task.Id, CancellationToken.None)).ShouldBe(RequeueAnswer.Queued);

        var record = (await _store.ClaimOneAsync()).Record;
        (record.Attempts, record.Error, record.HttpStatus, record.Result.HasValue).ShouldBe((0, null, null, false));
        (await _store.RequeueAsync(task.Id, CancellationToken.None)).ShouldBe(RequeueAnswer.NotFailed);
        (await _store.RequeueAsync("unknown", CancellationToken.None)).ShouldBe(RequeueAnswer.Unknown);
    }

    [Fact]
    public async Task An_idempotency_key_adds_a_task_once()
    {
        var first = await _store.AddAsync("1", task => task with { IdempotencyKey = "key" });

        var second = await AddAsync("1", "key", "/perform");
        (second.Kind, second.Record!.Id).ShouldBe((TaskAdditionKind.Existing, first.Id));
        (await AddAsync("2", "key", "/perform")).Kind.ShouldBe(TaskAdditionKind.KeyConflict);
        (await AddAsync("2", "key", "/other")).Kind.ShouldBe(TaskAdditionKind.Added);
        (await AddAsync("2", "other", "/perform")).Kind.ShouldBe(TaskAdditionKind.Added);

        Task<TaskAddition> AddAsync(string payload, string key, string endpoint) => _replica.AddAsync(
            Stores.Task(payload) with { IdempotencyKey = key, Endpoint = endpoint }, null, CancellationToken.None);
    }

    [Fact]
    public async Task A_full_queue_takes_no_more()
    {
        for (var i = 0; i < 2; i++)
            (await _store.AddAsync(Stores.Task(), 2, CancellationToken.None)).Kind.ShouldBe(TaskAdditionKind.Added);

        (await _store.AddAsync(Stores.Task(), 2, CancellationToken.None)).Kind.ShouldBe(TaskAdditionKind.QueueFull);

        await _store.ClaimOneAsync();
        (await _store.AddAsync(Stores.Task(), 2, CancellationToken.None)).Kind.ShouldBe(TaskAdditionKind.Added);
    }

    [Fact]
    public async Task Progress_and_events_are_read_in_order_and_resumed()
    {
        var task = await _store.AddAsync();
        var lease = await _store.ClaimOneAsync();
        await _store.ReportAsync(lease, 0.25, "a quarter", CancellationToken.None);
        await _store.AppendAsync(lease, [new NewTaskEvent("log", """{"message":"one"}"""), new NewTaskEvent("output", "2")], CancellationToken.None);
        await _store.FinishAsync(lease, Stores.Success, CancellationToken.None);

        var events = await _replica.ReadEventsAsync(task.Id, 0, 100, CancellationToken.None);

        events.Select(one => one.Kind).ShouldBe(["state", "state", "progress", "log", "output", "state"]);
        events.Where(one => one.Kind == "state").Select(one => JsonDocument.Parse(one.Data).RootElement.GetProperty("status").GetString())
            .ShouldBe(["queued", "running", "completed"]);
        (await _replica.ReadEventsAsync(task.Id, events[2].Id, 2, CancellationToken.None)).ShouldBe(events.Skip(3).Take(2));
        var record = await _store.FindAsync(task.Id);
        (record.Progress, record.ProgressMessage).ShouldBe((0.25, "a quarter"));
    }

    [Fact]
    public async Task A_record_of_a_brokers_message_is_written_over_by_later_ones_only()
    {
        var running = new TaskRecord
        {
            Id = Guid.NewGuid().ToString(),
            Queue = "math",
            Endpoint = "/perform",
            Status = TaskState.Running,
            FencingToken = 5,
        };
        (await _store.RecordAsync(running, CancellationToken.None)).ShouldBeTrue();
        (await _store.RecordAsync(running with { FencingToken = 4 }, CancellationToken.None)).ShouldBeFalse();
        (await _store.RecordAsync(
            running with { Status = TaskState.Completed, Result = "1"u8.ToArray() }, CancellationToken.None)).ShouldBeTrue();

        (await _store.RecordAsync(running with { FencingToken = 6 }, CancellationToken.None)).ShouldBeFalse();

        var record = await _replica.FindAsync(running.Id);
        (record.Status, record.Result!.Value.Text()).ShouldBe((TaskState.Completed, "1"));
        (await _store.SweepAsync(10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_paused_queue_gives_nothing_until_it_is_resumed()
    {
        await _store.AddAsync();
        await _replica.PauseAsync(NewTask.HttpQueue, CancellationToken.None);
        (await _store.ClaimAsync()).ShouldBeEmpty();
        (await _store.InspectAsync(NewTask.HttpQueue, CancellationToken.None)).IsPaused.ShouldBeTrue();

        await _replica.ResumeAsync(NewTask.HttpQueue, CancellationToken.None);

        await _store.ClaimOneAsync();
    }

    [Fact]
    public async Task Everything_that_waits_is_cancelled_at_once()
    {
        await _store.AddAsync("running");
        await _store.ClaimOneAsync();
        await _store.AddAsync("waiting");
        await _store.AddAsync("later", task => task with { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });

        (await _store.CancelQueuedAsync(NewTask.HttpQueue, CancellationToken.None)).ShouldBe(2);

        var status = await _store.InspectAsync(NewTask.HttpQueue, CancellationToken.None);
        (status.Depth, status.Scheduled, status.Running, status.OldestAt).ShouldBe((0, 0, 1, null));
    }

    [Fact]
    public async Task Changes_are_told_to_every_replica()
    {
        await _replica.OpenAsync(CancellationToken.None);
        using var arrivals = _replica.Changes.WatchQueue(NewTask.HttpQueue);
        var task = await _store.AddAsync();
        await arrivals.WaitAsync(CancellationToken.None).WaitAsync(Stores.Long);
        using var watch = _store.Changes.Watch(task.Id);

        await _replica.FinishAsync(await _replica.ClaimOneAsync(), Stores.Success, CancellationToken.None);

        await Until.TrueAsync(
            async () =>
            {
                await watch.WaitAsync(CancellationToken.None).WaitAsync(Stores.Long);
                return (await _store.FindAsync(task.Id)).Status == TaskState.Completed;
            },
            "the end is told");
    }

    [Fact]
    public async Task A_store_that_is_away_says_so()
    {
        var endpoint = new RedisEndpoint { Host = "127.0.0.1", Port = 1, CommandTimeout = TimeSpan.FromMilliseconds(200) };
        await using var store = new RedisTaskStore(RedisConnections.To(endpoint), "away:", TimeProvider.System);

        (await Should.ThrowAsync<TaskStoreException>(() => store.GetAsync("1", CancellationToken.None)))
            .Message.ShouldStartWith("The task store cannot be used: Redis at 127.0.0.1:1 is not available: ");
    }
}
