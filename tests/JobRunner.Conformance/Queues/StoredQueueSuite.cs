using System.Text;

namespace JobRunner.Conformance.Queues;

/// <summary>What queues do besides whose messages are the records themselves, so that <see cref="IJobQueue.Store"/> is
/// not null.</summary>
public abstract class StoredQueueSuite : ExpiringLeaseSuite
{
    [Fact]
    public async Task A_message_is_a_record_from_the_moment_it_is_put()
    {
        var queue = await OpenAsync();
        var id = await PutAsync(queue, Message("{\"a\":1}") with { Endpoint = "/train" });

        var record = await RecordAsync(queue, id);

        record.Status.ShouldBe(TaskState.Queued);
        record.Endpoint.ShouldBe("/train");
        record.Payload.ToArray().ShouldBe("{\"a\":1}"u8.ToArray());
    }

    [Fact]
    public async Task Completing_stores_the_outcome_in_the_same_step()
    {
        var queue = await OpenAsync();
        var id = await PutAsync(queue, Message());
        var lease = await TakeAsync(queue);
        (await RecordAsync(queue, id)).Status.ShouldBe(TaskState.Running);
        lease.Task.ShouldNotBeNull().TaskId.ShouldBe(id);

        await queue.CompleteAsync(lease, Success("42"), Stop);

        var record = await RecordAsync(queue, id);
        record.Status.ShouldBe(TaskState.Completed);
        record.Attempts.ShouldBe(1);
        Encoding.UTF8.GetString(record.Result.ShouldNotBeNull().Span).ShouldBe("42");
    }

    [Fact]
    public async Task A_dead_letter_is_a_failed_record()
    {
        var queue = await OpenAsync();
        var id = await PutAsync(queue, Message());
        await queue.DeadLetterAsync(await TakeAsync(queue), Failure("it broke"), Stop);

        var record = await RecordAsync(queue, id);

        record.Status.ShouldBe(TaskState.Failed);
        record.Error.ShouldBe("it broke");
    }

    [Fact]
    public async Task A_cancelled_message_that_waits_never_comes()
    {
        var queue = await OpenAsync();
        var id = await PutAsync(queue, Message());

        (await queue.Store!.CancelAsync(id, Stop)).ShouldBe(CancelAnswer.Cancelled);

        await NothingComesAsync(queue);
        (await RecordAsync(queue, id)).Status.ShouldBe(TaskState.Cancelled);
    }

    [Fact]
    public async Task Whoever_runs_a_cancelled_message_learns_it_at_the_next_renewal()
    {
        var queue = await OpenAsync();
        var id = await PutAsync(queue, Message());
        var lease = await TakeAsync(queue);
        (await queue.Store!.CancelAsync(id, Stop)).ShouldBe(CancelAnswer.Cancelling);

        (await queue.RenewAsync([lease], TimeSpan.FromSeconds(30), Stop)).ShouldBe([LeaseState.Cancelling]);

        await queue.ReleaseAsync(lease, Stop);
        (await RecordAsync(queue, id)).Status.ShouldBe(TaskState.Cancelled);
        await NothingComesAsync(queue);
    }

    private static async Task<TaskRecord> RecordAsync(IJobQueue queue, string id) =>
        (await queue.Store.ShouldNotBeNull().GetAsync(id, Stop)).ShouldNotBeNull();
}
