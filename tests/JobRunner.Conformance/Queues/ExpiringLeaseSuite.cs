namespace JobRunner.Conformance.Queues;

/// <summary>What transports do besides whose leases run out by time.</summary>
public abstract class ExpiringLeaseSuite : JobQueueSuite
{
    private static readonly TimeSpan ShortLease = TimeSpan.FromSeconds(2);

    private QueueSetup Setup => new(QueueName) { VisibilityTimeout = ShortLease };

    [Fact]
    public async Task A_message_comes_again_when_its_lease_has_ended_and_no_attempt_is_counted()
    {
        var (lost, heir) = (await OpenAsync(Setup), await OpenAsync(Setup));
        await PutAsync(lost, "1");
        var first = await TakeAsync(lost, ShortLease);

        var second = await TakeAsync(heir, ShortLease);

        second.Message.Id.ShouldBe(first.Message.Id);
        second.Message.Attempt.ShouldBe(1);
        (await heir.CompleteAsync(second, Success(), Stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_lease_that_is_renewed_lasts()
    {
        var (holder, other) = (await OpenAsync(Setup), await OpenAsync(Setup));
        await PutAsync(holder, "1");
        var lease = await TakeAsync(holder, ShortLease);
        using var ended = Expiry(Patience);
        var renewing = RenewAsync(holder, lease, ended.Token);

        await NothingComesAsync(other, ShortLease * 2.5);

        await ended.CancelAsync();
        await renewing;
        (await holder.CompleteAsync(lease, Success(), Stop)).ShouldBeTrue();
        await NothingComesAsync(other, ShortLease * 1.5);
    }

    [Fact]
    public async Task Who_lost_a_lease_changes_nothing_any_more()
    {
        var (lost, heir) = (await OpenAsync(Setup), await OpenAsync(Setup));
        await PutAsync(lost, "1");
        var first = await TakeAsync(lost, ShortLease);
        var second = await TakeAsync(heir, TimeSpan.FromSeconds(30));

        (await lost.RenewAsync([first], ShortLease, Stop)).ShouldBe([LeaseState.Lost]);
        (await lost.CompleteAsync(first, Success(), Stop)).ShouldBeFalse();
        (await lost.RetryAsync(first, Failure(), TimeSpan.Zero, Stop)).ShouldBeFalse();
        (await lost.DeadLetterAsync(first, Failure(), Stop)).ShouldBeFalse();
        await lost.ReleaseAsync(first, Stop);

        (await heir.RenewAsync([second], TimeSpan.FromSeconds(30), Stop)).ShouldBe([LeaseState.Held]);
        (await heir.CompleteAsync(second, Success(), Stop)).ShouldBeTrue();
        (await heir.ListDeadLettersAsync(10, after: null, Stop)).Letters.ShouldBeEmpty();
        await NothingComesAsync(lost, ShortLease * 1.5);
    }

    [Fact]
    public async Task What_runs_and_what_is_scheduled_is_counted()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, "1", "2");
        await PutAsync(queue, Message("later") with { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });
        var lease = await TakeAsync(queue);
        await StatusBecomesAsync(queue, status => status is { Depth: 1, Running: 1, Scheduled: 1, Waiting: 2 });

        await queue.CompleteAsync(lease, Success(), Stop);
        await StatusBecomesAsync(queue, status => status is { Depth: 1, Running: 0, Scheduled: 1 });
    }

    private static async Task RenewAsync(IJobQueue queue, QueueLease lease, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ShortLease / 3);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                (await queue.RenewAsync([lease], ShortLease, CancellationToken.None)).ShouldBe([LeaseState.Held]);
        }
        catch (OperationCanceledException)
        {
            // The test has seen enough.
        }
    }
}
