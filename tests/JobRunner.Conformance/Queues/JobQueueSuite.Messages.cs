using System.Collections.Concurrent;
using System.Text;

namespace JobRunner.Conformance.Queues;

/// <summary>Messages arrive: all of them, whole, once, in order.</summary>
public abstract partial class JobQueueSuite
{
    [Fact]
    public async Task Connecting_twice_does_no_harm()
    {
        var queue = await OpenAsync();
        await queue.ConnectAsync(Stop);

        await PutAsync(queue, "1");
        TextOf((await TakeAsync(queue)).Message).ShouldBe("1");
    }

    [Fact]
    public async Task Messages_come_in_the_order_in_which_they_were_put()
    {
        var queue = await OpenAsync();
        var bodies = Enumerable.Range(0, 20).Select(number => $"{number}").ToArray();
        await PutAsync(queue, bodies[..10]);
        foreach (var body in bodies[10..])
            await PutAsync(queue, body);

        (await WorkOffAsync(queue, bodies.Length)).ShouldBe(bodies);
        await NothingComesAsync(queue);
    }

    [Fact]
    public async Task No_more_messages_come_than_were_asked_for()
    {
        var queue = await OpenAsync();
        await PutAsync(queue, "1", "2", "3", "4", "5");

        var leases = new List<QueueLease>();
        using var expiry = Expiry(Patience);
        while (leases.Count < 4)
        {
            var received = await queue.ReceiveAsync(2, LongLease, expiry.Token);
            received.Count.ShouldBeLessThanOrEqualTo(2);
            leases.AddRange(received);
        }

        var other = await OpenAsync();
        TextOf((await TakeAsync(other)).Message).ShouldBeOneOf("4", "5");
    }

    [Fact]
    public async Task A_message_comes_as_it_was_put()
    {
        var queue = await OpenAsync();
        var now = DateTimeOffset.UtcNow;
        var deadline = DateTimeOffset.FromUnixTimeMilliseconds(now.AddHours(1).ToUnixTimeMilliseconds());
        var message = new QueueMessage
        {
            Body = """{"text":"Grüße, \"welt\" \u0000 🙂"}"""u8.ToArray(),
            Endpoint = "/train",
            Caller = "someone",
            TracingId = "trace-1",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ReplyTo = Destination,
            Deadline = deadline,
            Priority = 3,
            MaxAttempts = 4,
            Properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["colour"] = "blau grün" },
        };
        (await PutAsync(queue, message)).ShouldBe(message.Id);

        var came = (await TakeAsync(queue)).Message;

        came.Id.ShouldBe(message.Id);
        came.Body.ToArray().ShouldBe(message.Body.ToArray());
        came.Endpoint.ShouldBe(message.Endpoint);
        came.Caller.ShouldBe(message.Caller);
        came.TracingId.ShouldBe(message.TracingId);
        came.TraceParent.ShouldBe(message.TraceParent);
        came.ReplyTo.ShouldBe(message.ReplyTo);
        came.Deadline.ShouldBe(deadline);
        came.Priority.ShouldBe(3);
        came.MaxAttempts.ShouldBe(4);
        came.Attempt.ShouldBe(1);
        came.FirstFailedAt.ShouldBeNull();
        came.Properties.GetValueOrDefault("colour").ShouldBe("blau grün");
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_as_they_were_put()
    {
        var queue = await OpenAsync();
        byte[][] bodies = [[], [0], [0xff, 0xfe, 0x00, 0x0d, 0x0a], "{\"unfinished\":"u8.ToArray()];
        await queue.PutAsync([.. bodies.Select(body => new QueueMessage { Body = body })], Stop);

        foreach (var body in bodies)
        {
            var lease = await TakeAsync(queue);
            lease.Message.Body.ToArray().ShouldBe(body);
            await queue.CompleteAsync(lease, Success(), Stop);
        }
    }

    [Fact]
    public async Task A_large_message_comes_whole()
    {
        var queue = await OpenAsync();
        var body = new byte[900_000];
        new Random(1).NextBytes(body);
        await PutAsync(queue, new QueueMessage { Body = body });

        (await TakeAsync(queue)).Message.Body.Span.SequenceEqual(body).ShouldBeTrue();
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_with_both_numbers_and_none_is_put()
    {
        var queue = await OpenAsync(new QueueSetup(QueueName) { MaxMessageSize = 10_000 });
        queue.MaxMessageSize.ShouldBe(10_000);

        var refusal = await Should.ThrowAsync<MessageTooLargeException>(
            () => queue.PutAsync([Message(), new QueueMessage { Body = new byte[20_000] }], Stop));

        refusal.Limit.ShouldBe(10_000);
        refusal.Size.ShouldBeGreaterThanOrEqualTo(20_000);
        await NothingComesAsync(queue);
    }

    [Fact]
    public async Task A_message_put_while_somebody_waits_comes_at_once()
    {
        var (taker, putter) = (await OpenAsync(), await OpenAsync());
        var taking = TakeAsync(taker);
        await PutAsync(putter, "1");

        TextOf((await taking).Message).ShouldBe("1");
    }

    [Fact]
    public async Task Several_consumers_get_each_message_once()
    {
        const int count = 200;
        var putter = await OpenAsync();
        var seen = new ConcurrentQueue<string>();
        using var expiry = Expiry(Patience);
        var consumers = Enumerable.Range(0, 4).Select(async _ =>
        {
            var queue = await OpenAsync();
            while (seen.Count < count)
            {
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token);
                pause.CancelAfter(Silence);
                foreach (var lease in await ReceiveUntilAsync(queue, 5, pause.Token))
                {
                    (await queue.CompleteAsync(lease, Success(), expiry.Token)).ShouldBeTrue();
                    seen.Enqueue(TextOf(lease.Message));
                }

                expiry.Token.ThrowIfCancellationRequested();
            }
        });
        var bodies = Enumerable.Range(0, count).Select(number => $"{number}").ToArray();
        await PutAsync(putter, bodies);
        await Task.WhenAll(consumers);

        seen.Order(StringComparer.Ordinal).ShouldBe(bodies.Order(StringComparer.Ordinal));
        await StatusBecomesAsync(putter, status => status.Depth == 0);
    }

    [Fact]
    public async Task Ending_a_wait_loses_no_message()
    {
        var queue = await OpenAsync();
        var putter = await OpenAsync();
        var left = Enumerable.Range(0, 40).Select(number => $"{number}").ToHashSet(StringComparer.Ordinal);
        foreach (var body in left.ToArray())
        {
            using var expiry = Expiry(TimeSpan.FromMilliseconds(2));
            var receiving = ReceiveUntilAsync(queue, 2, expiry.Token);
            await PutAsync(putter, body);
            await CompleteAsync(queue, await receiving, left);
        }

        using var patience = Expiry(Patience);
        while (left.Count > 0)
            await CompleteAsync(queue, await queue.ReceiveAsync(10, LongLease, patience.Token), left);
        await NothingComesAsync(queue);
    }

    [Fact]
    public async Task An_idempotency_key_puts_a_message_once()
    {
        var queue = await OpenAsync();
        var first = await PutAsync(queue, Message("{\"a\":1}") with { IdempotencyKey = "key 1" });
        var again = await PutAsync(queue, Message("{\"a\":1}") with { IdempotencyKey = "key 1" });
        var other = await PutAsync(queue, Message("{\"a\":2}") with { IdempotencyKey = "key 2" });

        again.ShouldBe(first);
        other.ShouldNotBe(first);
        (await WorkOffAsync(queue, 2)).ShouldBe(["{\"a\":1}", "{\"a\":2}"]);
        (await PutAsync(queue, Message("{\"a\":1}") with { IdempotencyKey = "key 1" })).ShouldBe(first);
        await NothingComesAsync(queue);
    }

    [Fact]
    public async Task A_published_outcome_arrives_where_it_was_asked_for()
    {
        var queue = await OpenAsync();
        var next = await ListenAsync(Destination);
        var body = Encoding.UTF8.GetBytes("""{"id":"1","status":"completed","result":42}""");
        await queue.PublishAsync(Destination, body, "1", Stop);

        (await next()).ToArray().ShouldBe(body);
    }

    private static async Task<IReadOnlyList<QueueLease>> ReceiveUntilAsync(
        IJobQueue queue, int max, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ReceiveAsync(max, LongLease, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }

    private static async Task CompleteAsync(IJobQueue queue, IReadOnlyList<QueueLease> leases, HashSet<string> left)
    {
        foreach (var lease in leases)
        {
            left.Remove(TextOf(lease.Message)).ShouldBeTrue($"{TextOf(lease.Message)} came twice");
            (await queue.CompleteAsync(lease, Success(), Stop)).ShouldBeTrue();
        }
    }
}
