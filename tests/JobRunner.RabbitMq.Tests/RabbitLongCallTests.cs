using System.Diagnostics;
using System.Text;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Hosts whose calls last longer than their broker waits for an acknowledgement.</summary>
public sealed class RabbitLongCallTests(ImpatientServer impatient)
{
    private readonly string _name = $"q{Guid.NewGuid():N}";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Url => $"{impatient.Server.Url}?queue={_name}";

    [Fact]
    public async Task A_call_that_outlasts_the_consumer_timeout_runs_once_and_completes()
    {
        var job = new LongCall();
        await using var worker = await StartAsync(job, ImpatientServer.ConsumerTimeout);
        await using var queue = Rabbit.Queue(impatient.Server, _name);
        var started = Stopwatch.GetTimestamp();
        var id = (await queue.PutAsync([Message(ImpatientServer.CallLength)], Stop)).Single();

        var record = await worker.EndAsync(id, Stop);

        TestContext.Current.SendDiagnosticMessage(
            $"consumer timeout {ImpatientServer.ConsumerTimeout.TotalSeconds} s, call {ImpatientServer.CallLength.TotalSeconds} s: "
            + $"{record.Status}, {job.Started} runs, {record.Attempts} attempts, {record.Interruptions} interruptions, "
            + $"{Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        (record.Status, record.Attempts, record.Interruptions).ShouldBe((TaskState.Completed, 1, 0));
        Encoding.UTF8.GetString(record.Result!.Value.Span).ShouldBe("\"done\"");
        record.Queue.ShouldBe(_name);
        (job.Started, job.Ended).ShouldBe((1, 1));
        await Until.TrueAsync(
            async () => await queue.InspectAsync(Stop) is { Depth: 0, Scheduled: 0, DeadLetters: 0 }, "nothing was left");

        // The queue goes on, on the channels that it had.
        var next = (await queue.PutAsync([Message(TimeSpan.Zero)], Stop)).Single();
        (await worker.EndAsync(next, Stop)).Status.ShouldBe(TaskState.Completed);
        job.Started.ShouldBe(2);
    }

    [Fact]
    public async Task Without_the_hand_over_the_broker_gives_the_call_out_again()
    {
        // The manifest says that the broker waits for half an hour, which it does not.
        var job = new LongCall();
        await using var worker = await StartAsync(job, TimeSpan.FromMinutes(30));
        await using var queue = Rabbit.Queue(impatient.Server, _name);
        var id = (await queue.PutAsync([Message(ImpatientServer.CallLength)], Stop)).Single();

        await Until.TrueAsync(() => Task.FromResult(job.Started > 1), "the message came again");

        TestContext.Current.SendDiagnosticMessage($"without the hand-over: {job.Started} runs, {job.Ended} of them ended");
        job.Ended.ShouldBe(0);
        var record = (await worker.Records.GetAsync(id, Stop)).ShouldNotBeNull();
        (record.Status, record.Attempts, record.Interruptions).ShouldBe((TaskState.Running, 0, 1));
    }

    [Fact]
    public async Task A_call_that_is_interrupted_too_often_is_lost_and_a_dead_letter()
    {
        var job = new LongCall();
        await using var worker = await StartAsync(job, TimeSpan.FromMinutes(30), "max_interruptions: 0");
        await using var queue = Rabbit.Queue(impatient.Server, _name);
        var id = (await queue.PutAsync([Message(ImpatientServer.CallLength)], Stop)).Single();

        var record = await worker.EndAsync(id, Stop);

        (record.Status, record.ErrorType, record.Interruptions).ShouldBe((TaskState.Failed, "TaskLost", 1));
        job.Started.ShouldBe(1);
        await Until.TrueAsync(async () => (await queue.InspectAsync(Stop)).DeadLetters == 1, "it was a dead letter");
        (await queue.ListDeadLettersAsync(10, null, Stop)).Letters.Single().Error.ShouldNotBeNull().ShouldContain("interrupted 1 times");
    }

    private Task<Worker> StartAsync(LongCall job, TimeSpan consumerTimeout, string more = "max_interruptions: 10") => Worker.StartAsync(job, $"""
        jobtype_extra:
          {more}
          max_concurrency: 2
          shutdown_delay: 0
          shutdown_grace: 1s
          store: "memory:"
          queues:
            - url: "{Url}"
              consumer_timeout: {consumerTimeout.TotalSeconds}s
        """);

    private static QueueMessage Message(TimeSpan length) =>
        new() { Body = Encoding.UTF8.GetBytes($$"""{"milliseconds": {{length.TotalMilliseconds}}}""") };

    private sealed class LongCall
    {
        private int _started;
        private int _ended;

        public int Started => Volatile.Read(ref _started);

        public int Ended => Volatile.Read(ref _ended);

        public async Task<string> PerformAsync(int milliseconds, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _started);
            await Task.Delay(milliseconds, cancellationToken);
            Interlocked.Increment(ref _ended);
            return "done";
        }
    }
}
