namespace JobRunner.Conformance.Queues;

/// <summary>How a delivery ends: done, again later, given back, dead.</summary>
public abstract partial class JobQueueSuite
{
    [Fact]
    public async Task A_completed_message_is_gone()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, "1");

        (await queue.CompleteAsync(await TakeAsync(queue), Success(), Stop)).ShouldBeTrue();

        await NothingComesAsync(queue);
        await StatusBecomesAsync(queue, status => status is { Depth: 0, DeadLetters: 0 });
    }

    [Fact]
    public async Task A_message_that_failed_comes_again_after_its_delay_and_blocks_nobody()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, "fails", "next");
        var failed = await TakeAsync(queue);
        var due = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1);
        (await queue.RetryAsync(failed, Failure(), TimeSpan.FromSeconds(1), Stop)).ShouldBeTrue();

        var next = await TakeAsync(queue);
        TextOf(next.Message).ShouldBe("next");
        await queue.CompleteAsync(next, Success(), Stop);

        var again = (await TakeAsync(queue)).Message;
        again.Id.ShouldBe(failed.Message.Id);
        again.Attempt.ShouldBe(2);
        again.FirstFailedAt.ShouldNotBeNull();
        DateTimeOffset.UtcNow.ShouldBeGreaterThanOrEqualTo(due - Tolerance);
    }

    [Fact]
    public async Task A_message_that_was_given_back_comes_at_once_and_no_attempt_is_counted()
    {
        var (leaver, stayer) = (await OpenAsync(), await OpenAsync());
        await PutAsync(leaver, "1");
        var lease = await TakeAsync(leaver);
        await leaver.ReleaseAsync(lease, Stop);

        var again = await TakeAsync(stayer);
        again.Message.Id.ShouldBe(lease.Message.Id);
        again.Message.Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task A_dead_letter_tells_its_error_its_attempts_and_when_it_failed()
    {
        var queue = await OpenAsync();
        var before = DateTimeOffset.UtcNow - Tolerance;
        var id = await PutAsync(queue, Message("{\"a\":1}") with { Endpoint = "/train", Caller = "someone" });
        await queue.RetryAsync(await TakeAsync(queue), Failure("first"), TimeSpan.Zero, Stop);
        (await queue.DeadLetterAsync(await TakeAsync(queue), Failure("second", "OtherException"), Stop)).ShouldBeTrue();

        await NothingComesAsync(queue);
        await StatusBecomesAsync(queue, status => status is { Depth: 0, DeadLetters: 1 });
        var page = await queue.ListDeadLettersAsync(10, after: null, Stop);
        var letter = page.Letters.Single();
        page.Next.ShouldBeNull();
        letter.Message.Id.ShouldBe(id);
        TextOf(letter.Message).ShouldBe("{\"a\":1}");
        letter.Message.Endpoint.ShouldBe("/train");
        letter.Message.Caller.ShouldBe("someone");
        letter.Error.ShouldBe("second");
        letter.Type.ShouldBe("OtherException");
        letter.Attempts.ShouldBe(2);
        letter.FirstFailedAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(before);
        letter.LastFailedAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(letter.FirstFailedAt.Value);
    }

    [Fact]
    public async Task Dead_letters_are_listed_newest_first_in_pages()
    {
        var queue = await OpenAsync();
        await DieAsync(queue, "1", "2", "3", "4", "5");

        var bodies = new List<string>();
        string? after = null;
        do
        {
            var page = await queue.ListDeadLettersAsync(2, after, Stop);
            page.Letters.Count.ShouldBeLessThanOrEqualTo(2);
            bodies.AddRange(page.Letters.Select(letter => TextOf(letter.Message)));
            after = page.Next;
        }
        while (after is not null);

        bodies.ShouldBe(["5", "4", "3", "2", "1"]);
    }

    [Fact]
    public async Task Dead_letters_are_put_back_with_all_their_attempts()
    {
        var queue = await OpenAsync();
        var ids = await DieAsync(queue, "1", "2", "3");

        (await queue.RetryDeadLettersAsync([ids[1], "unknown"], Stop)).ShouldBe(1);
        var back = await TakeAsync(queue);
        back.Message.Id.ShouldBe(ids[1]);
        TextOf(back.Message).ShouldBe("2");
        back.Message.Attempt.ShouldBe(1);
        await queue.CompleteAsync(back, Success(), Stop);

        (await queue.RetryDeadLettersAsync(ids: null, Stop)).ShouldBe(2);
        (await WorkOffAsync(queue, 2)).Order(StringComparer.Ordinal).ShouldBe(["1", "3"]);
        (await queue.ListDeadLettersAsync(10, after: null, Stop)).Letters.ShouldBeEmpty();
    }

    [Fact]
    public async Task Dead_letters_are_dropped_on_request()
    {
        var queue = await OpenAsync();
        var ids = await DieAsync(queue, "1", "2", "3");

        (await queue.PurgeDeadLettersAsync([ids[0], "unknown"], Stop)).ShouldBe(1);
        (await queue.ListDeadLettersAsync(10, after: null, Stop)).Letters
            .Select(letter => TextOf(letter.Message)).ShouldBe(["3", "2"]);
        (await queue.PurgeDeadLettersAsync(ids: null, Stop)).ShouldBe(2);

        (await queue.ListDeadLettersAsync(10, after: null, Stop)).Letters.ShouldBeEmpty();
        await NothingComesAsync(queue);
    }

    private static TimeSpan Tolerance => TimeSpan.FromMilliseconds(50);

    private static async Task<string[]> DieAsync(IJobQueue queue, params string[] bodies)
    {
        await PutAsync(queue, bodies);
        var ids = new List<string>();
        foreach (var _ in bodies)
        {
            var lease = await TakeAsync(queue);
            ids.Add(lease.Message.Id);
            (await queue.DeadLetterAsync(lease, Failure(), Stop)).ShouldBeTrue();
        }

        await StatusBecomesAsync(queue, status => status.DeadLetters == bodies.Length);
        return [.. ids];
    }
}
