namespace JobRunner.Conformance.Queues;

/// <summary>Messages and outcomes as large as the transport carries, and a little larger. Names and times that travel with
/// a message count where the broker counts them, so that the last bytes are found by a refusal.</summary>
public abstract partial class JobQueueSuite
{
    private const int Step = 64;

    /// <summary>The limit of these tests; null where the broker announces its own.</summary>
    protected virtual long? SizeLimit => 200_000;

    [Fact]
    public async Task A_message_just_under_the_limit_comes_whole_and_one_just_over_it_is_refused_with_both_numbers()
    {
        var queue = await OpenLimitedAsync();
        var fitting = await FittingAsync(queue);
        var body = new byte[fitting];
        new Random(1).NextBytes(body);

        var refusal = await Should.ThrowAsync<MessageTooLargeException>(() => PutAsync(queue, Blank(fitting + Step)));
        await PutAsync(queue, Blank(0) with { Body = body });

        refusal.Limit.ShouldBe(queue.MaxMessageSize.ShouldNotBeNull());
        refusal.Size.ShouldBeGreaterThan(refusal.Limit);
        (refusal.Size - refusal.Limit).ShouldBeLessThanOrEqualTo(Step);
        refusal.Message.ShouldContain($"{refusal.Size}");
        refusal.Message.ShouldContain($"{refusal.Limit}");
        var lease = await TakeAsync(queue);
        lease.Message.Body.Span.SequenceEqual(body).ShouldBeTrue();
        (await queue.CompleteAsync(lease, Success(), Stop)).ShouldBeTrue();
        await NothingComesAsync(queue);
    }

    [Fact]
    public async Task A_message_just_under_the_limit_is_scheduled_retried_buried_and_put_back()
    {
        var queue = await OpenLimitedAsync();
        var message = Blank(await FittingAsync(queue) - Step) with { NotBefore = DateTimeOffset.UtcNow.AddMilliseconds(500) };
        await PutAsync(queue, message);
        var error = new string('e', 1000);

        (await queue.RetryAsync(await TakeAsync(queue), Failure(error), TimeSpan.FromMilliseconds(100), Stop)).ShouldBeTrue();
        (await queue.DeadLetterAsync(await TakeAsync(queue), Failure(error), Stop)).ShouldBeTrue();

        await StatusBecomesAsync(queue, status => status.DeadLetters == 1);
        var letter = (await queue.ListDeadLettersAsync(10, after: null, Stop)).Letters.ShouldHaveSingleItem();
        letter.Message.Body.Length.ShouldBe(message.Body.Length);
        letter.Attempts.ShouldBe(2);
        letter.Error.ShouldNotBeNull().ShouldStartWith("eee");
        (await queue.RetryDeadLettersAsync(ids: null, Stop)).ShouldBe(1);
        (await TakeAsync(queue)).Message.Body.Length.ShouldBe(message.Body.Length);
    }

    [Fact]
    public async Task An_outcome_just_under_the_limit_arrives_and_one_over_it_is_refused_with_both_numbers()
    {
        var queue = await OpenLimitedAsync();
        var limit = queue.MaxMessageSize.ShouldNotBeNull();
        var next = await ListenAsync(Destination);

        var refusal = await Should.ThrowAsync<MessageTooLargeException>(
            () => queue.PublishAsync(Destination, new byte[limit + 1], "1", Stop));
        var fitting = limit - Math.Max(0, refusal.Size - limit - 1);
        await queue.PublishAsync(Destination, new byte[fitting], "1", Stop);

        refusal.Limit.ShouldBe(limit);
        refusal.Size.ShouldBeGreaterThan(limit);
        (await next()).Length.ShouldBe((int)fitting);
    }

    private Task<IJobQueue> OpenLimitedAsync() => OpenAsync(new QueueSetup(QueueName) { MaxMessageSize = SizeLimit });

    private static QueueMessage Blank(long length) => new() { Body = new byte[length], Endpoint = "/perform", Caller = "someone" };

    /// <summary>Largest body that is taken, or a few bytes less.</summary>
    private static async Task<long> FittingAsync(IJobQueue queue)
    {
        var limit = queue.MaxMessageSize.ShouldNotBeNull();
        var refusal = await Should.ThrowAsync<MessageTooLargeException>(() => PutAsync(queue, Blank(limit + 1)));
        return limit - (refusal.Size - limit - 1) - (refusal.Size == limit + 1 ? 0 : Step / 4);
    }
}
