using System.Text;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Tasks;
using JobRunner.Nats.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Nats.Tests.Tasks;

public sealed class NatsTaskStoreTests(NatsServerFixture fixture) : IClassFixture<NatsServerFixture>
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "42"u8.ToArray() };

    private static readonly TaskOutcome Broken = new()
    {
        HttpStatus = 500, Result = "{}"u8.ToArray(), Error = "it broke", ErrorType = "BrokenException",
    };

    [Fact]
    public async Task A_task_that_one_replica_adds_is_run_by_another_and_read_by_a_third()
    {
        await using var adding = Open("SHARED");
        await using var running = Open("SHARED");
        await using var reading = Open("SHARED");
        var task = New("a b/ü") with { Id = "id with blanks/ü", Caller = "me", Properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["x"] = "y" } };
        (await adding.AddAsync(task, null, default)).Kind.ShouldBe(TaskAdditionKind.Added);
        await reading.OpenAsync(default);
        using var watch = reading.Changes.Watch(task.Id);

        var lease = (await running.ClaimAsync(new TaskClaim("q", 5, Lease), default)).ShouldHaveSingleItem();
        (Text(lease.Record.Payload), lease.Record.Caller, lease.Record.Properties["x"], lease.Attempt).ShouldBe(("a b/ü", "me", "y", 1));
        (await running.ClaimAsync(new TaskClaim("q", 5, Lease), default)).ShouldBeEmpty();
        (await adding.ClaimAsync(new TaskClaim("q", 5, Lease), default)).ShouldBeEmpty();
        await watch.WaitAsync(default).Soon();
        (await running.FinishAsync(lease, Done, default))!.Status.ShouldBe(TaskState.Completed);

        var record = (await reading.GetAsync(task.Id, default))!;
        (record.Status, Text(record.Result!.Value), record.HttpStatus, record.Attempts).ShouldBe((TaskState.Completed, "42", 200, 1));
        (await reading.InspectAsync("q", default)).Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task The_highest_priority_is_claimed_first_and_nothing_before_its_time()
    {
        await using var store = Open("RANKED");
        await store.AddManyAsync(
            [New("low"), New("high") with { Priority = 9 }, New("low too"), New("later") with { Priority = 9, NotBefore = DateTimeOffset.UtcNow.AddHours(1) }],
            default);
        var claimed = await store.ClaimAsync(new TaskClaim("q", 10, Lease), default);
        claimed.Select(lease => Text(lease.Record.Payload)).ShouldBe(["high", "low", "low too"]);
        var status = await store.InspectAsync("q", default);
        (status.Depth, status.Scheduled, status.Running).ShouldBe((0, 1, 3));
    }

    [Fact]
    public async Task Replicas_that_claim_at_once_share_the_tasks()
    {
        await using var first = Open("RACED");
        await using var second = Open("RACED");
        await first.AddManyAsync([.. Enumerable.Range(0, 200).Select(number => New($"{number}"))], default);
        var claimed = await Task.WhenAll(new[] { first, second }.Select(async store =>
        {
            var all = new List<string>();
            while ((await first.InspectAsync("q", default)).Depth > 0)
                all.AddRange((await store.ClaimAsync(new TaskClaim("q", 10, Lease), default)).Select(lease => Text(lease.Record.Payload)));
            return all;
        })).WaitAsync(TimeSpan.FromSeconds(60));
        claimed.SelectMany(all => all).Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 200).Select(number => $"{number}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_worker_whose_lease_was_taken_over_changes_nothing_any_more()
    {
        await using var store = Open("FENCED");
        await using var other = Open("FENCED");
        var id = (await store.AddAsync(New("a"), null, default)).Record!.Id;
        var stale = (await store.ClaimAsync(new TaskClaim("q", 1, TimeSpan.FromMilliseconds(1)), default)).Single();
        await Eventually.IsTrueAsync(async () => (await other.SweepAsync(10, default)).Count == 1, "the lease lapses");
        var lease = (await other.ClaimAsync(new TaskClaim("q", 1, Lease), default)).Single();
        (lease.Attempt, lease.Record.Interruptions).ShouldBe((1, 1));

        (await store.RenewAsync([stale], Lease, default)).ShouldBe([LeaseState.Lost]);
        (await store.FinishAsync(stale, Done, default)).ShouldBeNull();
        (await store.RetryAsync(stale, Broken, TimeSpan.Zero, default)).ShouldBeNull();
        (await store.ReleaseAsync(stale, default)).ShouldBeFalse();
        (await store.ReportAsync(stale, 0.5, null, default)).ShouldBeFalse();
        (await store.AppendAsync(stale, [new NewTaskEvent(TaskEventKinds.Log, "1")], default)).ShouldBeFalse();
        (await store.GetAsync(id, default))!.Status.ShouldBe(TaskState.Running);
        (await other.RenewAsync([lease], Lease, default)).ShouldBe([LeaseState.Held]);
        (await other.FinishAsync(lease, Broken, default))!.Status.ShouldBe(TaskState.Failed);
    }

    [Fact]
    public async Task Too_many_interruptions_are_the_end()
    {
        await using var store = Open("LOST");
        await store.AddAsync(New("a"), null, default);
        for (var round = 0; round < 3; round++)
        {
            (await store.ClaimAsync(new TaskClaim("q", 1, TimeSpan.FromMilliseconds(1)), default)).ShouldHaveSingleItem();
            await Eventually.IsTrueAsync(async () => (await store.SweepAsync(2, default)).Count == 1, "the lease lapses");
        }

        var record = (await store.ListAsync(new TaskQuery(), default)).Tasks.Single();
        (record.Status, record.ErrorType, record.Attempts).ShouldBe((TaskState.Failed, "TaskLost", 0));
    }

    [Fact]
    public async Task A_retry_waits_and_a_cancelled_run_ends()
    {
        await using var store = Open("RETRIED");
        var id = (await store.AddAsync(New("a"), null, default)).Record!.Id;
        var lease = (await store.ClaimAsync(new TaskClaim("q", 1, Lease), default)).Single();
        var queued = (await store.RetryAsync(lease, Broken, TimeSpan.FromMilliseconds(300), default))!;
        (queued.Status, queued.Attempts, queued.Error).ShouldBe((TaskState.Queued, 1, "it broke"));
        (await store.ClaimAsync(new TaskClaim("q", 1, Lease), default)).ShouldBeEmpty();
        IReadOnlyList<TaskLease> again = [];
        await Eventually.IsTrueAsync(async () => (again = await store.ClaimAsync(new TaskClaim("q", 1, Lease), default)).Count == 1, "the delay ends");
        again[0].Attempt.ShouldBe(2);

        (await store.CancelAsync(id, default)).ShouldBe(CancelAnswer.Cancelling);
        (await store.RenewAsync(again, Lease, default)).ShouldBe([LeaseState.Cancelling]);
        (await store.FinishAsync(again[0], Done, default))!.Status.ShouldBe(TaskState.Cancelled);
        (await store.CancelAsync(id, default)).ShouldBe(CancelAnswer.Finished);
        (await store.CancelAsync("nobody", default)).ShouldBe(CancelAnswer.Unknown);
        (await store.RequeueAsync(id, default)).ShouldBe(RequeueAnswer.Queued);
        (await store.RequeueAsync(id, default)).ShouldBe(RequeueAnswer.NotFailed);
        var record = (await store.GetAsync(id, default))!;
        (record.Status, record.Attempts, record.Result, Text(record.Payload)).ShouldBe((TaskState.Queued, 0, null, "a"));
    }

    [Fact]
    public async Task Events_tell_the_life_of_a_task_in_order_and_can_be_resumed()
    {
        await using var store = Open("TOLD");
        var id = (await store.AddAsync(New("a"), null, default)).Record!.Id;
        var lease = (await store.ClaimAsync(new TaskClaim("q", 1, Lease), default)).Single();
        await store.AppendAsync(lease, [new NewTaskEvent(TaskEventKinds.Log, "1"), new NewTaskEvent(TaskEventKinds.Output, "2")], default);
        await store.ReportAsync(lease, 0.5, "half", default);
        await store.RenewAsync([lease], Lease, default);
        await store.FinishAsync(lease, Done, default);

        var events = await store.ReadEventsAsync(id, 0, 100, default);
        events.Select(happened => happened.Kind).ShouldBe(["state", "state", "log", "output", "progress", "state"]);
        events.Select(happened => happened.Id).ShouldBeInOrder();
        events.Select(happened => happened.Id).Distinct().Count().ShouldBe(6);
        events[^1].Data.ShouldContain("completed");
        (await store.ReadEventsAsync(id, events[2].Id, 2, default)).ShouldBe(events.Skip(3).Take(2));
        (await store.ReadEventsAsync("nobody", 0, 100, default)).ShouldBeEmpty();
        (await store.GetAsync(id, default))!.ProgressMessage.ShouldBe("half");
    }

    [Fact]
    public async Task An_idempotency_key_adds_once_and_refuses_another_payload()
    {
        await using var first = Open("KEYED");
        await using var second = Open("KEYED");
        var task = New("a") with { IdempotencyKey = "k" };
        var additions = await Task.WhenAll(Enumerable.Range(0, 10).Select(number =>
            (number % 2 == 0 ? first : second).AddAsync(task with { Id = Guid.NewGuid().ToString() }, null, default)));
        additions.Count(addition => addition.Kind == TaskAdditionKind.Added).ShouldBe(1);
        additions.Select(addition => addition.Record!.Id).Distinct().ShouldHaveSingleItem();
        (await second.AddAsync(New("b") with { IdempotencyKey = "k" }, null, default)).Kind.ShouldBe(TaskAdditionKind.KeyConflict);
        (await second.AddAsync(New("b") with { IdempotencyKey = "k", Caller = "another" }, null, default)).Kind.ShouldBe(TaskAdditionKind.Added);
    }

    [Fact]
    public async Task A_full_queue_takes_no_more()
    {
        await using var store = Open("FULL");
        await store.AddAsync(New("a"), 1, default);
        (await store.AddAsync(New("b"), 1, default)).Kind.ShouldBe(TaskAdditionKind.QueueFull);
        (await store.CancelQueuedAsync("q", default)).ShouldBe(1);
        (await store.AddAsync(New("b"), 1, default)).Kind.ShouldBe(TaskAdditionKind.Added);
    }

    [Fact]
    public async Task Lists_are_newest_first_in_pages_and_filtered()
    {
        await using var store = Open("LISTED");
        for (var number = 0; number < 5; number++)
            await store.AddAsync(New($"{number}") with { Id = $"id-{number}", Queue = number == 4 ? "other" : "q" }, null, default);
        var page = await store.ListAsync(new TaskQuery { Limit = 2 }, default);
        page.Tasks.Select(task => task.Id).ShouldBe(["id-4", "id-3"]);
        page.Tasks.ShouldAllBe(task => task.Payload.IsEmpty && task.Result == null);
        var next = await store.ListAsync(new TaskQuery { Limit = 3, After = page.Next }, default);
        next.Tasks.Select(task => task.Id).ShouldBe(["id-2", "id-1", "id-0"]);
        next.Next.ShouldBeNull();
        (await store.ListAsync(new TaskQuery { Queue = "other" }, default)).Tasks.Single().Id.ShouldBe("id-4");
        (await store.ListAsync(new TaskQuery { Search = "d-2" }, default)).Tasks.Single().Id.ShouldBe("id-2");
        (await store.ListAsync(new TaskQuery { Status = TaskState.Failed }, default)).Tasks.ShouldBeEmpty();
        await Should.ThrowAsync<FormatException>(store.ListAsync(new TaskQuery { After = "nonsense" }, default));
        (await store.InspectAllAsync(default)).Select(status => (status.Queue, status.Depth)).ShouldBe([("other", 1L), ("q", 4L)]);
        (await store.PeekAsync("q", 2, default)).Select(task => Text(task.Payload)).ShouldBe(["0", "1"]);
    }

    [Fact]
    public async Task A_pause_holds_every_replica()
    {
        await using var first = Open("HELD");
        await using var second = Open("HELD");
        await first.AddAsync(New("a"), null, default);
        await first.PauseAsync("q", default);
        (await second.ClaimAsync(new TaskClaim("q", 1, Lease), default)).ShouldBeEmpty();
        (await second.InspectAsync("q", default)).IsPaused.ShouldBeTrue();
        await second.ResumeAsync("q", default);
        (await first.ClaimAsync(new TaskClaim("q", 1, Lease), default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Ended_records_are_dropped_with_all_that_is_theirs()
    {
        await using var store = Open("DROPPED");
        await store.AddManyAsync([.. Enumerable.Range(0, 4).Select(number => New($"{number}"))], default);
        var leases = await store.ClaimAsync(new TaskClaim("q", 3, Lease), default);
        await store.FinishAsync(leases[0], Done, default);
        await store.FinishAsync(leases[1], Done, default);
        await store.FinishAsync(leases[2], Broken, default);
        (await store.PurgeAsync(new TaskRetention(TimeSpan.FromHours(1), TimeSpan.FromHours(1), MaxRecords: 2), default)).ShouldBe(1);
        (await store.GetAsync(leases[0].TaskId, default)).ShouldBeNull();
        (await store.DeleteAsync([leases[1].TaskId, leases[2].TaskId, "nobody"], default)).ShouldBe(2);
        var rest = (await store.ListAsync(new TaskQuery(), default)).Tasks.Single();
        rest.Status.ShouldBe(TaskState.Queued);
        (await store.DeleteAsync([rest.Id], default)).ShouldBe(0);

        await using var client = fixture.Server.Connect();
        var keys = await new JetStreamClient(client, TimeProvider.System).CountBySubjectAsync("KV_DROPPED_tasks", "$KV.DROPPED_tasks.>");
        keys.Keys.Count(key => !key.StartsWith("$KV.DROPPED_tasks.t.", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_record_of_a_brokers_message_is_written_and_never_undone()
    {
        await using var store = Open("RECORDED");
        var record = new TaskRecord
        {
            Id = "m", Queue = "q", Endpoint = "/perform", Payload = "{}"u8.ToArray(), Status = TaskState.Running, FencingToken = 2,
        };
        (await store.RecordAsync(record, default)).ShouldBeTrue();
        (await store.RecordAsync(record with { FencingToken = 1 }, default)).ShouldBeFalse();
        (await store.RecordAsync(record with { Status = TaskState.Completed, Result = "1"u8.ToArray(), EndedAt = DateTimeOffset.UtcNow }, default)).ShouldBeTrue();
        (await store.RecordAsync(record, default)).ShouldBeFalse();
        var read = (await store.GetAsync("m", default))!;
        (read.Status, Text(read.Result!.Value), Text(read.Payload)).ShouldBe((TaskState.Completed, "1", "{}"));
    }

    [Fact]
    public async Task A_result_that_the_server_does_not_take_fails_the_task_with_both_numbers()
    {
        await using var store = Open("LARGE");
        await store.AddAsync(New("a"), null, default);
        var lease = (await store.ClaimAsync(new TaskClaim("q", 1, Lease), default)).Single();
        var record = (await store.FinishAsync(lease, Done with { Result = new byte[2 << 20] }, default))!;
        record.Status.ShouldBe(TaskState.Failed);
        record.Error!.ShouldContain($"{2 << 20}");
        record.Error!.ShouldContain($"{1 << 20}");
        (await Should.ThrowAsync<TaskStoreException>(store.AddAsync(New("") with { Payload = new byte[2 << 20] }, null, default)))
            .Message.ShouldContain($"{2 << 20}");
    }

    [Fact]
    public async Task Records_outlive_a_server_that_is_killed_and_the_store_finds_it_again()
    {
        await using var server = await NatsServer.StartAsync();
        await using var store = Open("KILLED", server);
        await store.AddManyAsync([.. Enumerable.Range(0, 50).Select(number => New($"{number}"))], default);
        var lease = (await store.ClaimAsync(new TaskClaim("q", 1, Lease), default)).Single();
        await server.KillAsync();
        await Should.ThrowAsync<TaskStoreException>(store.GetAsync(lease.TaskId, default));
        await server.StartAgainAsync();
        TaskRecord? finished = null;
        await Eventually.IsTrueAsync(
            async () =>
            {
                try
                {
                    return (finished = await store.FinishAsync(lease, Done, default)) is not null;
                }
                catch (TaskStoreException)
                {
                    return false;
                }
            },
            "the outcome is delivered");
        finished!.Status.ShouldBe(TaskState.Completed);
        await using var other = Open("KILLED", server);
        (await other.InspectAsync("q", default)).Depth.ShouldBe(49);
    }

    private static NewTask New(string payload) => new() { Queue = "q", Endpoint = "/perform", Payload = Encoding.UTF8.GetBytes(payload) };

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private NatsTaskStore Open(string name, NatsServer? server = null)
    {
        var at = server ?? fixture.Server;
        var client = at.Connect(options => server is null ? options : options with { OperationTimeout = TimeSpan.FromSeconds(3) });
        return new NatsTaskStore(QueueUrl.Parse($"{at.Url}?stream={name}"), client, TimeProvider.System, NullLogger<NatsTaskStore>.Instance);
    }
}
