namespace JobRunner.Conformance.Queues;

/// <summary>What comes when: times, priorities, pauses; and looking without touching.</summary>
public abstract partial class JobQueueSuite
{
    [Fact]
    public async Task A_scheduled_message_comes_when_it_is_due_and_blocks_nobody()
    {
        var queue = await OpenAsync();
        var due = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(2);
        await PutAsync(queue, Message("later") with { NotBefore = due });
        await PutAsync(queue, "now");

        (await WorkOffAsync(queue, 1)).ShouldBe(["now"]);
        (await WorkOffAsync(queue, 1)).ShouldBe(["later"]);
        DateTimeOffset.UtcNow.ShouldBeGreaterThanOrEqualTo(due - Tolerance);
    }

    [Fact]
    public async Task Scheduled_messages_come_in_the_order_of_their_times()
    {
        var queue = await OpenAsync();
        var now = DateTimeOffset.UtcNow;
        await PutAsync(queue, Message("third") with { NotBefore = now.AddSeconds(3) });
        await PutAsync(queue, Message("first") with { NotBefore = now.AddSeconds(1) });
        await PutAsync(queue, Message("second") with { NotBefore = now.AddSeconds(2) });

        (await WorkOffAsync(queue, 3)).ShouldBe(["first", "second", "third"]);
    }

    [Fact]
    public async Task A_time_that_has_passed_is_no_reason_to_wait()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, Message("1") with { NotBefore = DateTimeOffset.UtcNow.AddDays(-1) });

        (await WorkOffAsync(queue, 1)).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Higher_priorities_come_first_and_equal_ones_in_order()
    {
        var queue = await OpenAsync();
        await queue.PauseAsync(Stop);
        foreach (var (body, priority) in new[] { ("low 1", 0), ("high 1", 9), ("middle", 5), ("low 2", 0), ("high 2", 9) })
            await PutAsync(queue, Message(body) with { Priority = priority });
        await queue.ResumeAsync(Stop);

        (await WorkOffAsync(queue, 5)).ShouldBe(["high 1", "high 2", "middle", "low 1", "low 2"]);
    }

    [Fact]
    public async Task A_paused_queue_hands_out_nothing_to_anybody()
    {
        var (one, other) = (await OpenAsync(), await OpenAsync());
        await one.PauseAsync(Stop);
        await StatusBecomesAsync(other, status => status.IsPaused);
        await PutAsync(one, "1");

        await Task.WhenAll(NothingComesAsync(one), NothingComesAsync(other));

        await other.ResumeAsync(Stop);
        await StatusBecomesAsync(one, status => !status.IsPaused);
        (await WorkOffAsync(one, 1)).ShouldBe(["1"]);
    }

    [Fact]
    public async Task What_waits_is_counted()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, "1", "2", "3");
        await StatusBecomesAsync(queue, status => status.Depth == 3);

        await queue.CompleteAsync(await TakeAsync(queue), Success(), Stop);
        await StatusBecomesAsync(queue, status => status.Depth == 2);
    }

    [Fact]
    public async Task Peeking_shows_what_waits_and_takes_nothing()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, "1", "2", "3");
        await StatusBecomesAsync(queue, status => status.Depth == 3);

        (await queue.PeekAsync(2, Stop)).Select(TextOf).ShouldBe(["1", "2"]);
        (await queue.PeekAsync(10, Stop)).Select(TextOf).ShouldBe(["1", "2", "3"]);
        (await WorkOffAsync(queue, 3)).ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public async Task Purging_drops_what_waits()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, "1", "2", "3");
        await PutAsync(queue, Message("later") with { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });
        await StatusBecomesAsync(queue, status => status.Depth == 3);

        (await queue.PurgeAsync(Stop)).ShouldBe(4);

        await StatusBecomesAsync(queue, status => status is { Depth: 0, Scheduled: 0 });
        await NothingComesAsync(queue);
        await PutAsync(queue, "after");
        (await WorkOffAsync(queue, 1)).ShouldBe(["after"]);
    }
}
