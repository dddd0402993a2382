using System.Diagnostics;
using JobRunner.RabbitMq.Queues;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Calls that last longer than the broker's consumer timeout.</summary>
public sealed class RabbitTimeoutTests(ImpatientServer impatient)
{
    private static readonly TimeSpan ConsumerTimeout = ImpatientServer.ConsumerTimeout;
    private static readonly TimeSpan CallLength = ImpatientServer.CallLength;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);
    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "1"u8.ToArray() };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_long_call_is_to_be_handed_over_before_the_broker_takes_it_back()
    {
        await using var queue = Open("handed-over", ConsumerTimeout);
        await using var other = Open("handed-over", ConsumerTimeout);
        var lease = await PutAndTakeAsync(queue);
        var started = Stopwatch.StartNew();
        var states = new List<LeaseState>();

        await Until.TrueAsync(
            async () =>
            {
                states.AddRange(await queue.RenewAsync([lease], Lease, Stop));
                return states[^1] != LeaseState.Held;
            },
            "the lease was not to be had any longer");
        states[^1].ShouldBe(LeaseState.Ending);
        (await queue.HandOverAsync(lease, Stop)).ShouldBeTrue();

        // The rest of the call; the channel it came by must outlive it.
        var next = await PutAndTakeAsync(queue);
        (await queue.CompleteAsync(next, Done, Stop)).ShouldBeTrue();
        while (started.Elapsed < CallLength)
        {
            using var rest = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            rest.CancelAfter(TimeSpan.FromSeconds(1));
            try
            {
                (await other.ReceiveAsync(1, Lease, rest.Token)).ShouldBeEmpty();
            }
            catch (OperationCanceledException) when (rest.IsCancellationRequested)
            {
                // Nothing came.
            }
        }

        (await queue.InspectAsync(Stop)).Depth.ShouldBe(0);
    }

    [Fact]
    public async Task A_call_that_is_not_handed_over_is_lost_and_runs_elsewhere()
    {
        // What the manifest says of the broker is wrong here.
        await using var queue = Open("taken-back", TimeSpan.FromMinutes(30));
        await using var other = Open("taken-back", TimeSpan.FromMinutes(30));
        var lease = await PutAndTakeAsync(queue);

        await Until.TrueAsync(
            async () => (await queue.RenewAsync([lease], Lease, Stop)).Single() == LeaseState.Lost, "the lease was lost");

        (await queue.CompleteAsync(lease, Done, Stop)).ShouldBeFalse();
        var again = await TakeAsync(other);
        again.Message.Id.ShouldBe(lease.Message.Id);
        again.Message.Attempt.ShouldBe(1);
        (await other.CompleteAsync(again, Done, Stop)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(1800, 30, 1740)]
    [InlineData(1800, 300, 1500)]
    [InlineData(20, 30, 10)]
    public void The_hand_over_leaves_time_for_two_renewals(int timeout, int lease, int expected) =>
        HandOver.DueAfter(TimeSpan.FromSeconds(timeout), TimeSpan.FromSeconds(lease)).ShouldBe(TimeSpan.FromSeconds(expected));

    private IJobQueue Open(string name, TimeSpan consumerTimeout) =>
        Rabbit.Queue(impatient.Server, name, options => options with { ConsumerTimeout = consumerTimeout });

    private static async Task<QueueLease> PutAndTakeAsync(IJobQueue queue)
    {
        await queue.PutAsync([new QueueMessage { Body = "{}"u8.ToArray() }], Stop);
        return await TakeAsync(queue);
    }

    private static async Task<QueueLease> TakeAsync(IJobQueue queue)
    {
        IReadOnlyList<QueueLease> leases = [];
        await Until.TrueAsync(async () => (leases = await queue.ReceiveAsync(1, Lease, Stop)).Count > 0, "a message came");
        return leases.Single();
    }
}
