using System.Text;
using JobRunner.Nats.Protocol;
using JobRunner.Nats.Queues;
using JobRunner.Nats.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Nats.Tests.Queues;

public sealed class JetStreamQueueTests(NatsServerFixture fixture) : IClassFixture<NatsServerFixture>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "1"u8.ToArray() };

    private static readonly TaskOutcome Failed = new() { HttpStatus = 500, Result = default, Error = "it broke\r\nbadly ü", ErrorType = "BrokenException" };

    [Fact]
    public async Task A_message_comes_back_with_all_that_was_put()
    {
        await using var queue = Open("WHOLE");
        var sent = Message("x") with
        {
            Endpoint = "/perform",
            Caller = "me\n",
            TracingId = "t",
            TraceParent = "00-1-2-3",
            ReplyTo = "answers",
            Deadline = DateTimeOffset.UtcNow.AddHours(1),
            Priority = 4,
            MaxAttempts = 7,
            Properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["odd"] = " ü\r\n%", ["plain"] = "%41" },
        };
        (await queue.PutAsync([sent], default)).ShouldBe([sent.Id]);
        var lease = (await TakeAsync(queue, 1)).Single();
        var got = lease.Message;
        got.ShouldBe(sent with { Body = got.Body, Properties = got.Properties, EnqueuedAt = got.EnqueuedAt });
        got.Properties.ShouldBe(sent.Properties, ignoreOrder: true);
        Text(got).ShouldBe("x");
        (await queue.CompleteAsync(lease, Done, default)).ShouldBeTrue();
        var status = await queue.InspectAsync(default);
        (status.Depth, status.Running, status.DeadLetters).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task What_any_client_publishes_is_a_message()
    {
        await using var queue = Open("FOREIGN");
        await queue.ConnectAsync(default);
        await using var client = fixture.Server.Connect();
        await client.PublishAsync("FOREIGN", "{}"u8.ToArray());
        var lease = (await TakeAsync(queue, 1)).Single();
        (lease.Message.Id, lease.Message.Attempt, lease.Message.Priority).ShouldBe(("FOREIGN-1", 1, 0));
        lease.Message.EnqueuedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task The_highest_priority_comes_first_and_then_the_oldest()
    {
        await using var queue = Open("RANKED");
        await queue.PutAsync([.. new[] { 0, 5, 9, 5, 0, 1 }.Select((priority, index) => Message($"{priority}.{index}") with { Priority = priority })], default);
        (await queue.PeekAsync(10, default)).Select(Text).ShouldBe(["9.2", "5.1", "5.3", "1.5", "0.0", "0.4"]);
        (await TakeAsync(queue, 6)).Select(lease => Text(lease.Message)).ShouldBe(["9.2", "5.1", "5.3", "1.5", "0.0", "0.4"]);
    }

    [Fact]
    public async Task A_failed_message_comes_again_after_its_delay_and_does_not_block()
    {
        await using var queue = Open("RETRIED");
        await queue.PutAsync([Message("first"), Message("second")], default);
        var first = (await TakeAsync(queue, 1)).Single();
        (await queue.RetryAsync(first, Failed, TimeSpan.FromSeconds(1), default)).ShouldBeTrue();
        var waiting = await queue.InspectAsync(default);
        (waiting.Depth, waiting.Scheduled, waiting.Running).ShouldBe((1, 1, 0));
        waiting.NextDueAt.ShouldNotBeNull();

        var second = (await TakeAsync(queue, 1)).Single();
        Text(second.Message).ShouldBe("second");
        await queue.CompleteAsync(second, Done, default);
        var again = (await TakeAsync(queue, 1)).Single();
        (Text(again.Message), again.Message.Attempt).ShouldBe(("first", 2));
        again.Message.FirstFailedAt.ShouldNotBeNull();
        (await queue.InspectAsync(default)).Running.ShouldBe(1);
        (await queue.CompleteAsync(again, Done, default)).ShouldBeTrue();
        (await queue.CompleteAsync(again, Done, default)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_released_message_is_there_at_once_and_has_lost_no_attempt()
    {
        await using var queue = Open("RELEASED");
        await queue.PutAsync([Message("a")], default);
        for (var round = 0; round < 15; round++)
        {
            var lease = (await TakeAsync(queue, 1)).Single();
            lease.Message.Attempt.ShouldBe(1);
            await queue.ReleaseAsync(lease, default);
        }

        (await queue.InspectAsync(default)).Depth.ShouldBe(1);
    }

    [Fact]
    public async Task A_loan_that_is_not_renewed_goes_to_another_worker()
    {
        var lease = TimeSpan.FromMilliseconds(600);
        await using var queue = Open("LAPSED", lease);
        await using var other = Open("LAPSED", lease);
        await queue.PutAsync([Message("a")], default);
        var first = (await TakeAsync(queue, 1, lease)).Single();
        for (var beat = 0; beat < 6; beat++)
        {
            (await queue.RenewAsync([first], lease, default)).ShouldBe([LeaseState.Held]);
            (await other.ReceiveAsync(1, lease, default)).ShouldBeEmpty();
        }

        var second = (await TakeAsync(other, 1, lease)).Single();
        second.Message.Attempt.ShouldBe(1);
        (await queue.RenewAsync([first], lease, default)).ShouldBe([LeaseState.Lost]);
        (await queue.CompleteAsync(first, Done, default)).ShouldBeFalse();
        (await other.CompleteAsync(second, Done, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Dead_letters_are_listed_put_back_and_dropped()
    {
        await using var queue = Open("DEAD");
        await queue.PutAsync([.. Enumerable.Range(0, 5).Select(number => Message($"{number}"))], default);
        foreach (var lease in await TakeAsync(queue, 5))
            (await queue.DeadLetterAsync(lease, Failed, default)).ShouldBeTrue();

        var page = await queue.ListDeadLettersAsync(3, null, default);
        page.Letters.Select(letter => Text(letter.Message)).ShouldBe(["4", "3", "2"]);
        page.Letters[0].Error.ShouldBe(Failed.Error);
        page.Letters[0].Type.ShouldBe("BrokenException");
        page.Letters[0].Attempts.ShouldBe(1);
        page.Letters[0].LastFailedAt.ShouldNotBeNull();
        var rest = await queue.ListDeadLettersAsync(3, page.Next, default);
        rest.Letters.Select(letter => Text(letter.Message)).ShouldBe(["1", "0"]);
        rest.Next.ShouldBeNull();

        (await queue.RetryDeadLettersAsync([page.Letters[0].Message.Id], default)).ShouldBe(1);
        var back = (await TakeAsync(queue, 1)).Single();
        (Text(back.Message), back.Message.Attempt, back.Message.Id).ShouldBe(("4", 1, page.Letters[0].Message.Id));
        (await queue.PurgeDeadLettersAsync([page.Letters[1].Message.Id, "other"], default)).ShouldBe(1);
        (await queue.RetryDeadLettersAsync(null, default)).ShouldBe(3);
        (await queue.InspectAsync(default)).DeadLetters.ShouldBe(0);
    }

    [Fact]
    public async Task A_scheduled_message_waits_for_its_time()
    {
        await using var queue = Open("SCHEDULED");
        var due = DateTimeOffset.UtcNow.AddSeconds(1.5);
        await queue.PutAsync([Message("later") with { NotBefore = due }, Message("much later") with { NotBefore = due.AddHours(1) }], default);
        var status = await queue.InspectAsync(default);
        (status.Depth, status.Scheduled).ShouldBe((0, 2));
        var lease = (await TakeAsync(queue, 2)).Single();
        DateTimeOffset.UtcNow.ShouldBeGreaterThanOrEqualTo(due.AddMilliseconds(-1));
        Text(lease.Message).ShouldBe("later");
        (await queue.InspectAsync(default)).NextDueAt!.Value.ShouldBe(due.AddHours(1), TimeSpan.FromMilliseconds(2));
    }

    [Fact]
    public async Task An_idempotency_key_puts_one_message()
    {
        await using var queue = Open("KEYED");
        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(async number =>
            (await queue.PutAsync([Message($"{number}") with { IdempotencyKey = "a b/c" }], default)).Single()));
        ids.Distinct().ShouldHaveSingleItem();
        (await queue.InspectAsync(default)).Depth.ShouldBe(1);
        (await queue.PutAsync([Message("x") with { IdempotencyKey = "a b/c", Caller = "another" }], default)).Single().ShouldNotBe(ids[0]);
    }

    [Fact]
    public async Task A_pause_holds_every_worker_until_it_ends()
    {
        await using var queue = Open("PAUSED");
        await using var other = Open("PAUSED");
        await queue.PutAsync([Message("a")], default);
        await queue.PauseAsync(default);
        (await other.ReceiveAsync(1, Lease, default)).ShouldBeEmpty();
        (await other.InspectAsync(default)).IsPaused.ShouldBeTrue();
        await other.ResumeAsync(default);
        (await TakeAsync(queue, 1)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Purging_drops_what_waits_and_not_what_runs()
    {
        await using var queue = Open("PURGED");
        await queue.PutAsync([.. Enumerable.Range(0, 6).Select(number => Message($"{number}") with { Priority = number })], default);
        await queue.PutAsync([Message("later") with { NotBefore = DateTimeOffset.UtcNow.AddHours(1) }], default);
        var taken = await TakeAsync(queue, 2);
        await queue.RetryAsync(taken[0], Failed, TimeSpan.FromHours(1), default);
        (await queue.PurgeAsync(default)).ShouldBe(6);
        var status = await queue.InspectAsync(default);
        (status.Depth, status.Scheduled, status.Running).ShouldBe((0, 0, 1));
        (await queue.CompleteAsync(taken[1], Done, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_with_both_numbers_and_nothing_is_put()
    {
        await using var queue = Open("LARGE");
        await queue.ConnectAsync(default);
        var limit = queue.MaxMessageSize!.Value;
        var large = Message("") with { Body = new byte[limit] };
        var refusal = await Should.ThrowAsync<MessageTooLargeException>(queue.PutAsync([Message("small"), large], default));
        refusal.Limit.ShouldBe(limit);
        refusal.Size.ShouldBeGreaterThan(limit);
        (await queue.InspectAsync(default)).Depth.ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(400)]
    public async Task A_foreign_message_as_large_as_the_server_takes_can_fail_for_good(int room)
    {
        await using var queue = Open($"HUGE{room}");
        await queue.ConnectAsync(default);
        await using var client = fixture.Server.Connect();
        await client.ConnectedAsync(default);
        var size = (int)client.Server!.MaxPayload - room;
        await client.PublishAsync($"HUGE{room}", new byte[size]);
        var failure = Failed with { Error = new string('e', 2000) };

        (await queue.DeadLetterAsync((await TakeAsync(queue, 1)).Single(), failure, default)).ShouldBeTrue();

        var letter = (await queue.ListDeadLettersAsync(10, null, default)).Letters.ShouldHaveSingleItem();
        letter.Message.Body.Length.ShouldBe(size);
        (await queue.PurgeDeadLettersAsync(null, default)).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_is_away_is_one_sentence_and_its_return_loses_nothing()
    {
        await using var server = await NatsServer.StartAsync();
        await using var queue = Open("AWAY", TimeSpan.FromSeconds(2), server);
        await queue.PutAsync([.. Enumerable.Range(0, 20).Select(number => Message($"{number}"))], default);
        (await TakeAsync(queue, 5, TimeSpan.FromSeconds(2))).Count.ShouldBe(5);
        await server.KillAsync();
        (await Should.ThrowAsync<QueueUnavailableException>(queue.InspectAsync(default))).Message.ShouldContain("AWAY");
        await server.StartAgainAsync();
        var done = new HashSet<string>(StringComparer.Ordinal);
        await Eventually.IsTrueAsync(
            async () =>
            {
                try
                {
                    foreach (var lease in await queue.ReceiveAsync(10, TimeSpan.FromSeconds(2), default))
                    {
                        if (await queue.CompleteAsync(lease, Done, default)) done.Add(Text(lease.Message));
                    }
                }
                catch (QueueUnavailableException)
                {
                    // As a worker does: it comes again.
                }

                return done.Count == 20;
            },
            "all twenty are done");
    }

    [Fact]
    public async Task A_message_that_kills_its_workers_becomes_a_dead_letter()
    {
        var lease = TimeSpan.FromMilliseconds(100);
        await using var queue = Open("POISON", lease);
        await queue.PutAsync([Message("a")], default);
        await Eventually.IsTrueAsync(
            async () =>
            {
                foreach (var taken in await queue.ReceiveAsync(1, lease, default))
                    taken.Message.Attempt.ShouldBe(1);
                return (await queue.InspectAsync(default)).DeadLetters == 1;
            },
            "the message is given up");
        (await queue.ListDeadLettersAsync(1, null, default)).Letters.Single().Error!.ShouldContain("lost");
    }

    [Fact]
    public async Task An_outcome_is_published_where_the_message_asks()
    {
        await using var queue = Open("REPLIED");
        await using var client = fixture.Server.Connect();
        await using var answers = await client.SubscribeAsync("answers.here");
        await client.FlushAsync(default);
        await queue.PublishAsync("answers.here", "{}"u8.ToArray(), "id-1", default);
        (await answers.Messages.ReadAsync().Soon()).Headers!["id"].ShouldBe("id-1");
    }

    [Fact]
    public async Task Many_messages_and_workers_do_each_once()
    {
        await using var queue = Open("MANY");
        var put = Enumerable.Range(0, 1000).Select(number => Message($"{number}") with { Priority = number % 3 }).ToArray();
        await queue.PutAsync(put, default);
        var done = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using var worker = Open("MANY");
            while (done.Count < put.Length)
            {
                foreach (var lease in await worker.ReceiveAsync(20, Lease, default))
                {
                    if (await worker.CompleteAsync(lease, Done, default)) done.Add(Text(lease.Message));
                }
            }
        })).WaitAsync(TimeSpan.FromSeconds(60));
        done.Order(StringComparer.Ordinal).ShouldBe(put.Select(Text).Order(StringComparer.Ordinal));
    }

    internal static QueueMessage Message(string text) => new() { Body = Encoding.UTF8.GetBytes(text) };

    internal static string Text(QueueMessage message) => Encoding.UTF8.GetString(message.Body.Span);

    [Fact]
    public async Task A_message_whose_leases_end_more_often_than_they_may_is_a_dead_letter()
    {
        var lease = TimeSpan.FromSeconds(1);
        await using var queue = Open("KILLING", lease, maxInterruptions: 1);
        await queue.PutAsync([Message("kills")], default);
        await TakeAsync(queue, 1, lease);
        await TakeAsync(queue, 1, lease);

        await Eventually.IsTrueAsync(
            async () => (await queue.ReceiveAsync(1, lease, default)).Count == 0 && await queue.InspectAsync(default) is { DeadLetters: 1 },
            "it is a dead letter");

        var letter = (await queue.ListDeadLettersAsync(10, after: null, default)).Letters.ShouldHaveSingleItem();
        (letter.Type, Text(letter.Message)).ShouldBe(("TaskLost", "kills"));
    }

    private static async Task<List<QueueLease>> TakeAsync(IJobQueue queue, int count, TimeSpan? lease = null)
    {
        var taken = new List<QueueLease>();
        await Eventually.IsTrueAsync(
            async () =>
            {
                taken.AddRange(await queue.ReceiveAsync(count - taken.Count, lease ?? Lease, default));
                return taken.Count > 0;
            },
            "something is received");
        return taken;
    }

    private JetStreamQueue Open(string name, TimeSpan? lease = null, NatsServer? server = null, int maxInterruptions = 10)
    {
        var url = QueueUrl.Parse($"{(server ?? fixture.Server).Url}?stream={name}&subject={name}");
        var client = (server ?? fixture.Server).Connect(options => server is null ? options : options with { OperationTimeout = TimeSpan.FromSeconds(3) });
        return new JetStreamQueue(
            new QueueOptions { Url = url, VisibilityTimeout = lease ?? Lease }, client, TimeProvider.System, NullLogger<JetStreamQueue>.Instance)
        {
            MaxInterruptions = maxInterruptions,
        };
    }
}
