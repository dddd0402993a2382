using System.Net;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Hosts whose messages the broker holds and whose records stand in a store apart.</summary>
public sealed class RabbitRecordTests(RabbitServer server) : IDisposable
{
    private readonly string _name = $"q{Guid.NewGuid():N}";
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-records-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_cancelled_while_it_waits_for_another_attempt_never_runs_again()
    {
        var job = new StubbornJob();
        await using var worker = await StartAsync(job);
        await using var queue = Rabbit.Queue(server, _name);
        var id = (await queue.PutAsync([Message("/fail")], Stop)).Single();
        await RecordBecomesAsync(worker, id, record => record is { Status: TaskState.Queued, Attempts: 1 });

        (await worker.Records.CancelAsync(id, Stop)).ShouldBe(CancelAnswer.Cancelled);

        await Until.TrueAsync(
            async () => await queue.InspectAsync(Stop) is { Depth: 0, Scheduled: 0, DeadLetters: 0 } && job.Started > 0, "the broker had forgotten it");
        await worker.DisposeAsync();
        job.Started.ShouldBe(1);
        await using var later = await StartAsync(job);
        (await later.Records.GetAsync(id, Stop)).ShouldNotBeNull().Status.ShouldBe(TaskState.Cancelled);
    }

    [Fact]
    public async Task What_is_given_back_at_a_stop_counts_as_no_interruption()
    {
        var job = new StubbornJob();
        string id;
        await using (await StartAsync(job))
        {
            await using var queue = Rabbit.Queue(server, _name);
            id = (await queue.PutAsync([Message("/linger")], Stop)).Single();
            await Until.TrueAsync(() => Task.FromResult(job.Started == 1), "the call ran");
        }

        job.End();
        await using var next = await StartAsync(job);
        var record = await next.EndAsync(id, Stop);

        (record.Status, record.Attempts, record.Interruptions).ShouldBe((TaskState.Completed, 1, 0));
        job.Started.ShouldBe(2);
    }

    [Fact]
    public async Task A_worker_holds_no_more_messages_than_it_runs_so_that_others_get_the_rest()
    {
        var job = new StubbornJob();
        await using var queue = Rabbit.Queue(server, _name);
        await queue.PutAsync([.. Enumerable.Range(0, 6).Select(_ => Message("/linger"))], Stop);
        await using var one = await StartAsync(job);
        await Until.TrueAsync(() => Task.FromResult(job.Started == 2), "as many ran as may");
        (await queue.InspectAsync(Stop)).Depth.ShouldBe(4);

        await using var other = await StartAsync(job);
        await Until.TrueAsync(() => Task.FromResult(job.Started == 4), "another ran some of the rest");

        (await queue.InspectAsync(Stop)).Depth.ShouldBe(2);
        job.End();
        await Until.TrueAsync(() => Task.FromResult(job.Started == 6), "all ran");
        await Until.TrueAsync(async () => await queue.InspectAsync(Stop) is { Depth: 0, DeadLetters: 0 }, "nothing was left");
    }

    [Fact]
    public async Task What_is_retried_on_request_is_put_back_whether_its_dead_letter_is_still_there_or_not()
    {
        var job = new StubbornJob();
        await using var worker = await StartAsync(job);
        await using var queue = Rabbit.Queue(server, _name);
        var id = (await queue.PutAsync([Message("/refuse")], Stop)).Single();
        (await worker.EndAsync(id, Stop)).Status.ShouldBe(TaskState.Failed);
        await Until.TrueAsync(async () => await queue.InspectAsync(Stop) is { DeadLetters: 1 }, "it was a dead letter");

        await RetryAsync();
        await Until.TrueAsync(async () => job.Started == 2 && await queue.InspectAsync(Stop) is { DeadLetters: 1 }, "it ran again");
        (await worker.EndAsync(id, Stop)).Status.ShouldBe(TaskState.Failed);

        await queue.PurgeDeadLettersAsync(ids: null, Stop);
        await RetryAsync();
        await Until.TrueAsync(async () => job.Started == 3 && await queue.InspectAsync(Stop) is { DeadLetters: 1 }, "it ran once more");

        async Task RetryAsync()
        {
            using var answer = await worker.Http.PostAsync($"/api/v1/tasks/{id}/retry", content: null, Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        }
    }

    private Task<Worker> StartAsync(StubbornJob job) => Worker.StartAsync(job, $"""
        jobtype_extra:
          shutdown_delay: 0
          shutdown_grace: 100ms
          max_concurrency: 2
          store: "sqlite:{_folder}/tasks.db"
          queues:
            - url: "{server.Url}?queue={_name}"
              retry_delay: 2s
        """);

    private static QueueMessage Message(string endpoint) => new() { Body = "{}"u8.ToArray(), Endpoint = endpoint };

    private static Task RecordBecomesAsync(Worker worker, string id, Func<TaskRecord, bool> condition) => Until.TrueAsync(
        async () => await worker.Records.GetAsync(id, Stop) is { } record && condition(record), "the record was so");

    /// <summary>A job that fails, or hears nobody.</summary>
    private sealed class StubbornJob
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _started;

        public int Started => Volatile.Read(ref _started);

        public void End() => _end.TrySetResult();

        public void Perform() => Interlocked.Increment(ref _started);

        [JobEndpoint("/fail")]
        public void Fail()
        {
            Interlocked.Increment(ref _started);
            throw new InvalidOperationException("it broke");
        }

        [JobEndpoint("/refuse")]
        public void Refuse()
        {
            Interlocked.Increment(ref _started);
            throw new ArgumentException("not with me");
        }

        [JobEndpoint("/linger")]
        public async Task<string> LingerAsync()
        {
            Interlocked.Increment(ref _started);
            await _end.Task;
            return "done";
        }
    }
}
