using System.Text;

namespace JobRunner.Conformance.Stores;

public abstract class TaskStoreConformance : TaskStoreSuite
{
    [Fact]
    public async Task A_task_is_kept_as_it_was_added()
    {
        var task = Task("""{"number":7907}""") with
        {
            Caller = "alice",
            TracingId = "trace",
            PredecessorId = "before",
            TraceParent = "00-1-2-01",
            ReplyTo = "answers",
            WebhookUrl = "https://example.org/",
            Priority = 3,
            NotBefore = Time.GetUtcNow().AddHours(1),
            Deadline = Time.GetUtcNow().AddHours(2),
            Properties = new Dictionary<string, string> { ["a"] = "b" },
        };
        var added = await AddAsync(task);
        var read = await GetAsync(added.Id);
        Encoding.UTF8.GetString(read.Payload.Span).ShouldBe("""{"number":7907}""");
        read.Status.ShouldBe(TaskState.Queued);
        read.CreatedAt.ShouldBe(Time.GetUtcNow());
        (read.Caller, read.TracingId, read.PredecessorId, read.TraceParent, read.ReplyTo, read.WebhookUrl, read.Priority)
            .ShouldBe(("alice", "trace", "before", "00-1-2-01", "answers", "https://example.org/", 3));
        (read.NotBefore, read.Deadline).ShouldBe((task.NotBefore, task.Deadline));
        read.Properties["a"].ShouldBe("b");
    }

    [Fact]
    public async Task An_unknown_id_is_no_task() => (await Store.GetAsync("nothing", Cancel)).ShouldBeNull();

    [Fact]
    public async Task A_claimed_task_is_handed_out_once()
    {
        var added = await AddAsync();
        var lease = (await ClaimAsync()).ShouldHaveSingleItem();
        lease.TaskId.ShouldBe(added.Id);
        lease.Attempt.ShouldBe(1);
        lease.Record.Status.ShouldBe(TaskState.Running);
        lease.Record.Payload.Length.ShouldBe(2);
        (await ClaimAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_workers_never_share_a_task()
    {
        await Store.AddManyAsync([.. Enumerable.Range(0, 100).Select(_ => Task())], Cancel);
        var claims = await System.Threading.Tasks.Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ClaimAsync(max: 10)));
        claims.SelectMany(leases => leases).Select(lease => lease.TaskId).Distinct().Count().ShouldBe(100);
        claims.Sum(leases => leases.Count).ShouldBe(100);
    }

    [Fact]
    public async Task Higher_priority_runs_first_and_equals_run_in_order_of_arrival()
    {
        var low = await AddAsync();
        var second = await AddAsync();
        var high = await AddAsync(Task() with { Priority = 9 });
        (await ClaimAsync()).Select(lease => lease.TaskId).ShouldBe([high.Id, low.Id, second.Id]);
    }

    [Fact]
    public async Task A_scheduled_task_waits_for_its_time()
    {
        await AddAsync(Task() with { NotBefore = Time.GetUtcNow().AddMinutes(1) });
        (await ClaimAsync()).ShouldBeEmpty();
        (await Store.InspectAsync(NewTask.HttpQueue, Cancel)).NextDueAt.ShouldBe(Time.GetUtcNow().AddMinutes(1));
        Time.Advance(TimeSpan.FromMinutes(1));
        (await ClaimAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Queues_are_apart()
    {
        await AddAsync(Task(queue: "a"));
        (await ClaimAsync(queue: "b")).ShouldBeEmpty();
        (await ClaimAsync(queue: "a")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_finished_task_keeps_its_answer_and_counts_the_attempt()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        Time.Advance(TimeSpan.FromSeconds(2));
        var outcome = Result("[1,2]") with { MediaType = "application/json", Headers = new Dictionary<string, string> { ["X-A"] = "b" } };
        (await Store.FinishAsync(lease, outcome, Cancel)).ShouldNotBeNull().Status.ShouldBe(TaskState.Completed);
        var record = await GetAsync(lease.TaskId);
        Encoding.UTF8.GetString(record.Result!.Value.Span).ShouldBe("[1,2]");
        (record.HttpStatus, record.MediaType, record.Headers["X-A"], record.Attempts).ShouldBe((200, "application/json", "b", 1));
        record.EndedAt.ShouldBe(Time.GetUtcNow());
        record.LeaseOwner.ShouldBeNull();
    }

    [Fact]
    public async Task A_task_finishes_once()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        await Store.FinishAsync(lease, Result("1"), Cancel);
        (await Store.FinishAsync(lease, Result("2"), Cancel)).ShouldBeNull();
        (await StatesAsync(lease.TaskId)).ShouldBe(["queued", "running", "completed"]);
    }

    [Fact]
    public async Task A_retried_task_waits_and_keeps_its_error_and_count()
    {
        await AddAsync();
        var first = (await ClaimAsync())[0];
        await Store.RetryAsync(first, Failure("once"), TimeSpan.FromSeconds(5), Cancel);
        (await ClaimAsync()).ShouldBeEmpty();
        Time.Advance(TimeSpan.FromSeconds(5));
        var second = (await ClaimAsync())[0];
        (second.Attempt, second.Record.Error).ShouldBe((2, "once"));
        await Store.FinishAsync(second, Result(), Cancel);
        var record = await GetAsync(first.TaskId);
        (record.Status, record.Attempts, record.Interruptions, record.Error).ShouldBe((TaskState.Completed, 2, 0, null));
    }

    [Fact]
    public async Task A_released_task_is_as_if_it_had_not_run()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        (await Store.ReleaseAsync(lease, Cancel)).ShouldBeTrue();
        var record = await GetAsync(lease.TaskId);
        (record.Status, record.Attempts, record.Interruptions).ShouldBe((TaskState.Queued, 0, 0));
        (await ClaimAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_lost_lease_is_an_interruption_and_no_attempt()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        (await Store.SweepAsync(10, Cancel)).ShouldBeEmpty();
        Time.Advance(Lease + TimeSpan.FromSeconds(1));
        (await Store.SweepAsync(10, Cancel)).ShouldHaveSingleItem().Status.ShouldBe(TaskState.Queued);
        var again = (await ClaimAsync())[0];
        (again.Attempt, again.Record.Interruptions).ShouldBe((1, 1));
        again.FencingToken.ShouldBeGreaterThan(lease.FencingToken);
    }

    [Fact]
    public async Task A_worker_whose_lease_was_taken_over_changes_nothing()
    {
        await AddAsync();
        var old = (await ClaimAsync())[0];
        Time.Advance(Lease + TimeSpan.FromSeconds(1));
        await Store.SweepAsync(10, Cancel);
        var current = (await ClaimAsync())[0];
        (await Store.FinishAsync(old, Result("old"), Cancel)).ShouldBeNull();
        (await Store.RetryAsync(old, Failure(), TimeSpan.Zero, Cancel)).ShouldBeNull();
        (await Store.ReleaseAsync(old, Cancel)).ShouldBeFalse();
        (await Store.ReportAsync(old, 0.5, null, Cancel)).ShouldBeFalse();
        (await Store.AppendAsync(old, [new NewTaskEvent(TaskEventKinds.Log, "{}")], Cancel)).ShouldBeFalse();
        (await Store.RenewAsync([old, current], Lease, Cancel)).ShouldBe([LeaseState.Lost, LeaseState.Held]);
        (await Store.FinishAsync(current, Result("3"), Cancel)).ShouldNotBeNull();
        Encoding.UTF8.GetString((await GetAsync(old.TaskId)).Result!.Value.Span).ShouldBe("3");
    }

    [Fact]
    public async Task A_renewed_lease_is_not_swept()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        Time.Advance(TimeSpan.FromSeconds(20));
        (await Store.RenewAsync([lease], Lease, Cancel)).ShouldBe([LeaseState.Held]);
        Time.Advance(TimeSpan.FromSeconds(20));
        (await Store.SweepAsync(10, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_many_interruptions_fail_the_task_as_lost()
    {
        var added = await AddAsync();
        for (var interruption = 0; interruption < 3; interruption++)
        {
            (await ClaimAsync()).Count.ShouldBe(1);
            Time.Advance(Lease + TimeSpan.FromSeconds(1));
            await Store.SweepAsync(maxInterruptions: 2, Cancel);
        }

        var record = await GetAsync(added.Id);
        (record.Status, record.ErrorType, record.HttpStatus, record.Attempts).ShouldBe((TaskState.Failed, "TaskLost", 500, 0));
    }

    [Fact]
    public async Task A_queued_task_that_is_cancelled_never_runs()
    {
        var added = await AddAsync();
        (await Store.CancelAsync(added.Id, Cancel)).ShouldBe(CancelAnswer.Cancelled);
        (await ClaimAsync()).ShouldBeEmpty();
        (await Store.CancelAsync(added.Id, Cancel)).ShouldBe(CancelAnswer.Finished);
        (await Store.CancelAsync("nothing", Cancel)).ShouldBe(CancelAnswer.Unknown);
    }

    [Fact]
    public async Task A_running_task_that_is_cancelled_ends_cancelled_whatever_its_outcome()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        (await Store.CancelAsync(lease.TaskId, Cancel)).ShouldBe(CancelAnswer.Cancelling);
        (await Store.RenewAsync([lease], Lease, Cancel)).ShouldBe([LeaseState.Cancelling]);
        await Store.FinishAsync(lease, Result(), Cancel);
        (await GetAsync(lease.TaskId)).Status.ShouldBe(TaskState.Cancelled);
        (await StatesAsync(lease.TaskId)).ShouldBe(["queued", "running", "cancelling", "cancelled"]);
    }

    [Fact]
    public async Task Only_failed_and_cancelled_tasks_run_again()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        (await Store.RequeueAsync(lease.TaskId, Cancel)).ShouldBe(RequeueAnswer.NotFailed);
        await Store.FinishAsync(lease, Failure(), Cancel);
        (await Store.RequeueAsync(lease.TaskId, Cancel)).ShouldBe(RequeueAnswer.Queued);
        var again = (await ClaimAsync())[0];
        (again.Attempt, again.Record.Error).ShouldBe((1, null));
        await Store.FinishAsync(again, Result(), Cancel);
        (await Store.RequeueAsync(lease.TaskId, Cancel)).ShouldBe(RequeueAnswer.NotFailed);
        (await Store.RequeueAsync("nothing", Cancel)).ShouldBe(RequeueAnswer.Unknown);
    }

    [Fact]
    public async Task An_idempotency_key_adds_one_task_per_caller_and_endpoint()
    {
        var task = Task("""{"a":1}""") with { IdempotencyKey = "k", Caller = "alice" };
        var first = await AddAsync(task);
        var second = await Store.AddAsync(task with { Id = "other" }, null, Cancel);
        (second.Kind, second.Record!.Id).ShouldBe((TaskAdditionKind.Existing, first.Id));
        var different = Task("""{"a":2}""") with { IdempotencyKey = "k", Caller = "alice" };
        (await Store.AddAsync(different, null, Cancel)).Kind.ShouldBe(TaskAdditionKind.KeyConflict);
        await AddAsync(different with { Id = "b", Caller = "bob" });
        await AddAsync(different with { Id = "e", Endpoint = "/other" });
        Time.Advance(ITaskStore.IdempotencyWindow + TimeSpan.FromSeconds(1));
        await AddAsync(different with { Id = "later" });
    }

    [Fact]
    public async Task A_full_queue_takes_no_more()
    {
        (await Store.AddAsync(Task(), 2, Cancel)).Kind.ShouldBe(TaskAdditionKind.Added);
        (await Store.AddAsync(Task(), 2, Cancel)).Kind.ShouldBe(TaskAdditionKind.Added);
        (await Store.AddAsync(Task(), 2, Cancel)).Kind.ShouldBe(TaskAdditionKind.QueueFull);
        await ClaimAsync(max: 1);
        (await Store.AddAsync(Task(), 2, Cancel)).Kind.ShouldBe(TaskAdditionKind.Added);
    }

    [Fact]
    public async Task Exactly_as_many_as_may_wait_are_taken_when_all_come_at_once()
    {
        var additions = await System.Threading.Tasks.Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => Store.AddAsync(Task(), 50, Cancel)));
        additions.Count(addition => addition.Kind == TaskAdditionKind.Added).ShouldBe(50);
    }

    [Fact]
    public async Task Lists_page_from_the_newest_and_filter_by_state()
    {
        var ids = new List<string>();
        for (var count = 0; count < 5; count++)
            ids.Add((await AddAsync()).Id);
        ids.Reverse();
        var first = await Store.ListAsync(new TaskQuery { Limit = 2 }, Cancel);
        var second = await Store.ListAsync(new TaskQuery { Limit = 2, After = first.Next }, Cancel);
        var third = await Store.ListAsync(new TaskQuery { Limit = 2, After = second.Next }, Cancel);
        first.Tasks.Concat(second.Tasks).Concat(third.Tasks).Select(task => task.Id).ShouldBe(ids);
        third.Next.ShouldBeNull();
        await Store.CancelAsync(ids[0], Cancel);
        (await Store.ListAsync(new TaskQuery { Status = TaskState.Cancelled }, Cancel)).Tasks.ShouldHaveSingleItem().Id.ShouldBe(ids[0]);
    }

    [Fact]
    public async Task Events_come_in_order_and_resume_after_an_id()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        await Store.ReportAsync(lease, 0.5, "half", Cancel);
        await Store.AppendAsync(lease, [new NewTaskEvent(TaskEventKinds.Log, """{"message":"hello"}""")], Cancel);
        await Store.FinishAsync(lease, Result(), Cancel);
        var events = await Store.ReadEventsAsync(lease.TaskId, 0, 100, Cancel);
        events.Select(item => item.Kind).ShouldBe(["state", "state", "progress", "log", "state"]);
        var rest = await Store.ReadEventsAsync(lease.TaskId, events[2].Id, 100, Cancel);
        rest.Select(item => item.Id).ShouldBe([events[3].Id, events[4].Id]);
        var record = await GetAsync(lease.TaskId);
        (record.Progress, record.ProgressMessage).ShouldBe((0.5, "half"));
    }

    [Fact]
    public async Task Ended_records_are_dropped_when_their_time_is_over()
    {
        await Store.AddManyAsync([Task(), Task(), Task()], Cancel);
        var leases = await ClaimAsync();
        await Store.FinishAsync(leases[0], Result(), Cancel);
        await Store.FinishAsync(leases[1], Failure(), Cancel);
        var retention = new TaskRetention(TimeSpan.FromHours(24), TimeSpan.FromDays(30));
        (await Store.PurgeAsync(retention, Cancel)).ShouldBe(0);
        Time.Advance(TimeSpan.FromHours(25));
        (await Store.PurgeAsync(retention, Cancel)).ShouldBe(1);
        (await Store.GetAsync(leases[0].TaskId, Cancel)).ShouldBeNull();
        (await Store.ReadEventsAsync(leases[0].TaskId, 0, 10, Cancel)).ShouldBeEmpty();
        Time.Advance(TimeSpan.FromDays(30));
        (await Store.PurgeAsync(retention, Cancel)).ShouldBe(1);
        (await GetAsync(leases[2].TaskId)).Status.ShouldBe(TaskState.Running);
    }

    [Fact]
    public async Task Over_the_bound_the_oldest_completed_records_go_first()
    {
        await Store.AddManyAsync([Task(), Task(), Task()], Cancel);
        var leases = await ClaimAsync();
        await Store.FinishAsync(leases[0], Failure(), Cancel);
        await Store.FinishAsync(leases[1], Result(), Cancel);
        Time.Advance(TimeSpan.FromSeconds(1));
        await Store.FinishAsync(leases[2], Result(), Cancel);
        await Store.PurgeAsync(new TaskRetention(TimeSpan.FromDays(1), TimeSpan.FromDays(1), MaxRecords: 2), Cancel);
        (await Store.GetAsync(leases[1].TaskId, Cancel)).ShouldBeNull();
        (await Store.ListAsync(new TaskQuery(), Cancel)).Tasks.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_paused_queue_hands_out_nothing_until_it_is_resumed()
    {
        await AddAsync();
        await Store.PauseAsync(NewTask.HttpQueue, Cancel);
        (await ClaimAsync()).ShouldBeEmpty();
        (await Store.InspectAsync(NewTask.HttpQueue, Cancel)).IsPaused.ShouldBeTrue();
        await Store.ResumeAsync(NewTask.HttpQueue, Cancel);
        (await ClaimAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_queue_tells_what_waits_and_runs()
    {
        await Store.AddManyAsync([Task(), Task(), Task(), Task() with { NotBefore = Time.GetUtcNow().AddHours(1) }], Cancel);
        var oldest = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromSeconds(9));
        var lease = (await ClaimAsync(max: 1))[0];
        var status = await Store.InspectAsync(NewTask.HttpQueue, Cancel);
        (status.Depth, status.Scheduled, status.Running, status.OldestAt).ShouldBe((2, 1, 1, oldest));
        await Store.FinishAsync(lease, Failure(), Cancel);
        (await Store.InspectAllAsync(Cancel)).ShouldHaveSingleItem().DeadLetters.ShouldBe(1);
        (await Store.CancelQueuedAsync(NewTask.HttpQueue, Cancel)).ShouldBe(3);
    }

    [Fact]
    public async Task Those_who_watch_a_task_are_woken_by_its_end()
    {
        await AddAsync();
        var lease = (await ClaimAsync())[0];
        using var watch = Store.Changes.Watch(lease.TaskId);
        var waiting = watch.WaitAsync(Cancel);
        await Store.FinishAsync(lease, Result(), Cancel);
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task Records_of_brokers_are_kept_and_the_newer_wins()
    {
        var record = TaskTransitions.Create(Task(queue: "math"), Time.GetUtcNow()) with { Status = TaskState.Running, FencingToken = 2 };
        (await Store.RecordAsync(record, Cancel)).ShouldBeTrue();
        (await Store.RecordAsync(record with { FencingToken = 1, Attempts = 9 }, Cancel)).ShouldBeFalse();
        Time.Advance(TimeSpan.FromDays(1));
        (await Store.SweepAsync(10, Cancel)).ShouldBeEmpty();
        var ended = TaskTransitions.Finish(record, Result("5"), Time.GetUtcNow());
        (await Store.RecordAsync(ended, Cancel)).ShouldBeTrue();
        (await Store.RecordAsync(record, Cancel)).ShouldBeFalse();
        (await GetAsync(record.Id)).Status.ShouldBe(TaskState.Completed);
    }

    [Fact]
    public async Task A_record_that_is_written_over_another_takes_its_queue_and_payload_along()
    {
        var first = TaskTransitions.Create(Task("""{"a":1}""", "math"), Time.GetUtcNow()) with { Status = TaskState.Running, FencingToken = 1 };
        (await Store.RecordAsync(first, Cancel)).ShouldBeTrue();
        var moved = first with
        {
            Queue = "math (handed over)",
            Payload = """{"b":22}"""u8.ToArray(),
            FencingToken = 2,
            LeaseOwner = "somebody",
            LeaseExpiresAt = Time.GetUtcNow() + Lease,
        };
        (await Store.RecordAsync(moved, Cancel)).ShouldBeTrue();

        var record = await GetAsync(first.Id);
        (record.Queue, Encoding.UTF8.GetString(record.Payload.Span)).ShouldBe((moved.Queue, """{"b":22}"""));
        (await Store.InspectAsync("math", Cancel)).Running.ShouldBe(0);
        (await Store.InspectAsync(moved.Queue, Cancel)).Running.ShouldBe(1);
        Time.Advance(Lease + TimeSpan.FromSeconds(1));
        (await Store.SweepAsync(10, Cancel)).ShouldHaveSingleItem().Status.ShouldBe(TaskState.Queued);
        (await ClaimAsync(queue: "math")).ShouldBeEmpty();
        var claimed = (await ClaimAsync(queue: moved.Queue)).ShouldHaveSingleItem().Record;
        (claimed.Id, claimed.Interruptions, Encoding.UTF8.GetString(claimed.Payload.Span)).ShouldBe((first.Id, 1, """{"b":22}"""));

        // And back, as a message of the broker.
        (await Store.RecordAsync(claimed with { Queue = "math", Status = TaskState.Queued, LeaseOwner = null, LeaseExpiresAt = null }, Cancel))
            .ShouldBeTrue();
        (await Store.InspectAsync(moved.Queue, Cancel)).ShouldSatisfyAllConditions(
            status => status.Running.ShouldBe(0), status => status.Depth.ShouldBe(0));
        (await GetAsync(first.Id)).Interruptions.ShouldBe(1);
    }
}
