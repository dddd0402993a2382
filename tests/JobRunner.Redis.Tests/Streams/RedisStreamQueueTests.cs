using JobRunner.Redis.Protocol;
using JobRunner.Redis.Streams;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Streams;

public sealed class RedisStreamQueueTests(RedisServer server) : IAsyncLifetime
{
    private readonly string _stream = RedisConnections.Key();
    private readonly RedisConnection _redis = RedisConnections.To(server);
    private RedisStreamQueue _queue = null!;

    public ValueTask InitializeAsync()
    {
        _queue = StreamQueues.Of(server, _stream);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_message_carries_everything_there_and_back()
    {
        var sent = StreamQueues.Message("""{"number": 7907}""") with
        {
            Endpoint = "/perform",
            Caller = "somebody",
            TracingId = "trace-1",
            TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ReplyTo = "replies",
            Deadline = new DateTimeOffset(2100, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
            Priority = 4,
            MaxAttempts = 7,
            Properties = new Dictionary<string, string> { ["colour"] = "grün" },
        };
        await _queue.PutAsync([sent], CancellationToken.None);

        var received = (await _queue.ReceiveOneAsync()).Message;

        received.Text().ShouldBe("""{"number": 7907}""");
        received.Properties.ShouldBe(sent.Properties);
        received.EnqueuedAt!.Value.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
        (received with { Body = sent.Body, Properties = sent.Properties, EnqueuedAt = null }).ShouldBe(sent);
    }

    [Fact]
    public async Task Plain_fields_are_arguments()
    {
        var entryId = (await _redis.SendAsync("XADD", _stream, "*", "number", "7907", "name", "a \"b\"")).Text;

        var lease = await _queue.ReceiveOneAsync();

        lease.Message.Text().ShouldBe("""{"number":"7907","name":"a \u0022b\u0022"}""");
        lease.Message.HasTextValues.ShouldBeTrue();
        lease.Message.Id.ShouldBe($"{_stream}-{entryId}");
        (await _queue.CompleteAsync(lease)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_plain_entry_keeps_its_id_and_time_through_retries()
    {
        await _redis.SendAsync("XADD", _stream, "*", "number", "7907");
        var first = await _queue.ReceiveOneAsync();
        await _queue.RetryAsync(first, StreamQueues.Failure, TimeSpan.Zero, CancellationToken.None);

        var second = await _queue.ReceiveOneAsync();

        second.Message.Id.ShouldBe(first.Message.Id);
        second.Message.EnqueuedAt.ShouldBe(first.Message.EnqueuedAt);
        second.Message.Text().ShouldBe(first.Message.Text());
        second.Message.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task Messages_that_were_there_before_the_first_worker_are_worked_on()
    {
        for (var i = 0; i < 3; i++) await _redis.SendAsync("XADD", _stream, "*", "payload", $"{i}");

        (await _queue.ReceiveAsync(3)).Select(lease => lease.Message.Text()).ShouldBe(["0", "1", "2"]);
    }

    [Fact]
    public async Task A_waiting_worker_is_woken_by_an_arrival()
    {
        await _queue.ConnectAsync(CancellationToken.None);
        var receiving = _queue.ReceiveAsync(5, StreamQueues.Long, CancellationToken.None);
        await BlockedAsync();

        await _redis.SendAsync("XADD", _stream, "*", "payload", "{}");

        (await receiving).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_worker_takes_no_more_than_it_can_start()
    {
        await _queue.PutAsync([.. Enumerable.Range(0, 10).Select(i => StreamQueues.Message($"{i}"))], CancellationToken.None);

        (await _queue.ReceiveAsync(4)).Count.ShouldBe(4);

        (await StatusAsync()).Depth.ShouldBe(6);
        (await StatusAsync()).Running.ShouldBe(4);
    }

    [Fact]
    public async Task A_completed_message_leaves_nothing_behind()
    {
        await _queue.PutAsync("{}");
        var lease = await _queue.ReceiveOneAsync();

        (await _queue.CompleteAsync(lease)).ShouldBeTrue();
        (await _queue.CompleteAsync(lease)).ShouldBeFalse();

        await _queue.ShouldBeEmptyAsync();
        (await _redis.SendAsync("XLEN", _stream)).Integer.ShouldBe(0);
        (await _redis.SendAsync("EXISTS", $"{_stream}:leases", $"{_stream}:interruptions")).Integer.ShouldBe(0);
    }

    [Fact]
    public async Task An_entry_that_another_group_reads_is_left_to_it()
    {
        await _queue.ConnectAsync(CancellationToken.None);
        await _redis.SendAsync("XGROUP", "CREATE", _stream, "audit", "0");
        await _queue.PutAsync("{}");

        await _queue.CompleteAsync(await _queue.ReceiveOneAsync());

        (await _redis.SendAsync("XLEN", _stream)).Integer.ShouldBe(1);
        await _queue.ShouldBeEmptyAsync();
        (await _redis.SendAsync("XREADGROUP", "GROUP", "audit", "auditor", "STREAMS", _stream, ">")).IsNull.ShouldBeFalse();
    }

    [Fact]
    public async Task Higher_priorities_run_first_and_equals_in_order_of_arrival()
    {
        int[] priorities = [0, 5, 9, 0, 5, 1];
        await _queue.PutAsync(
            [.. priorities.Select((priority, i) => StreamQueues.Message($"{priority}/{i}") with { Priority = priority })],
            CancellationToken.None);

        (await _queue.ReceiveAsync(6)).Select(lease => lease.Message.Text())
            .ShouldBe(["9/2", "5/1", "5/4", "1/5", "0/0", "0/3"]);
    }

    [Fact]
    public async Task A_scheduled_message_waits_for_its_time_without_blocking_others()
    {
        var due = DateTimeOffset.UtcNow.AddSeconds(1.5);
        await _queue.PutAsync("later", message => message with { NotBefore = due });
        await _queue.PutAsync("now");
        (await StatusAsync()).Scheduled.ShouldBe(1);
        (await StatusAsync()).NextDueAt!.Value.ShouldBe(due, TimeSpan.FromMilliseconds(2));

        (await _queue.ReceiveOneAsync()).Message.Text().ShouldBe("now");
        var later = await _queue.ReceiveOneAsync();

        later.Message.Text().ShouldBe("later");
        DateTimeOffset.UtcNow.ShouldBeGreaterThanOrEqualTo(due.AddMilliseconds(-2));
    }

    [Fact]
    public async Task A_time_in_an_entry_added_by_hand_counts_too()
    {
        var due = DateTimeOffset.UtcNow.AddHours(1);
        await _redis.SendAsync("XADD", _stream, "*", "number", "1", "not_before", MessageFields.Text(due)!);
        await _queue.PutAsync("now");

        (await _queue.ReceiveOneAsync()).Message.Text().ShouldBe("now");

        (await StatusAsync()).Scheduled.ShouldBe(1);
    }

    [Fact]
    public async Task A_retried_message_comes_back_after_its_delay_and_blocks_nobody()
    {
        await _queue.PutAsync("fails");
        await _queue.PutAsync("other");
        var failed = await _queue.ReceiveOneAsync();

        (await _queue.RetryAsync(failed, StreamQueues.Failure, TimeSpan.FromMilliseconds(300), CancellationToken.None)).ShouldBeTrue();
        (await _queue.RetryAsync(failed, StreamQueues.Failure, TimeSpan.Zero, CancellationToken.None)).ShouldBeFalse();

        (await _queue.ReceiveOneAsync()).Message.Text().ShouldBe("other");
        var again = (await _queue.ReceiveOneAsync()).Message;
        (again.Text(), again.Attempt, again.Id).ShouldBe(("fails", 2, failed.Message.Id));
        again.FirstFailedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_retried_message_keeps_its_priority()
    {
        await _queue.PutAsync("high", message => message with { Priority = 7 });
        await _queue.RetryAsync(await _queue.ReceiveOneAsync(), StreamQueues.Failure, TimeSpan.Zero, CancellationToken.None);
        await _queue.PutAsync("low");

        (await _queue.ReceiveAsync(2)).Select(lease => lease.Message.Text()).ShouldBe(["high", "low"]);
    }

    [Fact]
    public async Task A_message_given_back_is_taken_at_once_with_no_attempt_counted()
    {
        await _queue.PutAsync("first");
        await _queue.PutAsync("second");
        var lease = await _queue.ReceiveOneAsync();

        await _queue.ReleaseAsync(lease, CancellationToken.None);

        (await StatusAsync()).Depth.ShouldBe(2);
        (await _queue.CompleteAsync(lease)).ShouldBeFalse();
        await using var other = StreamQueues.Of(server, _stream, "other");
        var taken = await other.ReceiveAsync(2);
        taken.Select(again => (again.Message.Text(), again.Message.Attempt)).ShouldBe([("first", 1), ("second", 1)]);
    }

    [Fact]
    public async Task An_idempotency_key_puts_a_message_once_per_caller_and_endpoint()
    {
        Task<string> PutAsync(string caller, string endpoint) => _queue.PutAsync(
            "{}", message => message with { IdempotencyKey = "key", Caller = caller, Endpoint = endpoint });

        var first = await PutAsync("a", "/perform");

        (await PutAsync("a", "/perform")).ShouldBe(first);
        (await PutAsync("b", "/perform")).ShouldNotBe(first);
        (await PutAsync("a", "/other")).ShouldNotBe(first);
        (await StatusAsync()).Depth.ShouldBe(3);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_with_both_numbers_and_none_is_put()
    {
        await using var queue = StreamQueues.Of(server, _stream, change: options => options with { MaxMessageSize = 1000 });
        var messages = new[] { StreamQueues.Message("{}"), StreamQueues.Message(new string('x', 2000)) };

        var error = await Should.ThrowAsync<MessageTooLargeException>(() => queue.PutAsync(messages, CancellationToken.None));

        error.Limit.ShouldBe(1000);
        error.Size.ShouldBeGreaterThanOrEqualTo(2000);
        await queue.ShouldBeEmptyAsync();
    }

    [Fact]
    public async Task A_paused_queue_hands_out_nothing_to_anybody()
    {
        await using var other = StreamQueues.Of(server, _stream, "other");
        await other.ConnectAsync(CancellationToken.None);
        var receiving = other.ReceiveAsync(1, StreamQueues.Long, CancellationToken.None);
        await BlockedAsync();

        await _queue.PauseAsync(CancellationToken.None);
        await _queue.PutAsync("{}");

        (await receiving).ShouldBeEmpty();
        (await StatusAsync()).IsPaused.ShouldBeTrue();
        (await StatusAsync()).Depth.ShouldBe(1);
        await _queue.ResumeAsync(CancellationToken.None);
        (await other.ReceiveOneAsync()).Message.Attempt.ShouldBe(1);
        (await StatusAsync()).IsPaused.ShouldBeFalse();
    }

    [Fact]
    public async Task A_cancelled_receive_ends_and_loses_nothing()
    {
        for (var i = 0; i < 50; i++)
        {
            using var cancelling = new CancellationTokenSource();
            var receiving = _queue.ReceiveAsync(1, StreamQueues.Long, cancelling.Token);
            var putting = _queue.PutAsync($"{i}");
            await cancelling.CancelAsync();
            await putting;
            var leases = (await receiving).ToList();
            if (leases.Count == 0) leases = await _queue.ReceiveAsync(1);
            leases.Single().Message.Text().ShouldBe($"{i}");
            await _queue.CompleteAsync(leases.Single());
        }
    }

    [Fact]
    public async Task Peeking_takes_nothing_and_shows_the_order()
    {
        await _queue.PutAsync("taken");
        await _queue.ReceiveOneAsync();
        await _queue.PutAsync("low");
        await _queue.PutAsync("high", message => message with { Priority = 3 });
        await _queue.PutAsync("later", message => message with { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });

        var seen = await _queue.PeekAsync(10, CancellationToken.None);

        seen.Select(message => message.Text()).ShouldBe(["high", "low", "later"]);
        (await _queue.PeekAsync(2, CancellationToken.None)).Count.ShouldBe(2);
        (await StatusAsync()).Waiting.ShouldBe(3);
    }

    [Fact]
    public async Task Purging_drops_what_waits_and_leaves_what_runs()
    {
        await _queue.PutAsync("running");
        var running = await _queue.ReceiveOneAsync();
        await _queue.PutAsync([.. Enumerable.Range(0, 1500).Select(i => StreamQueues.Message($"{i}"))], CancellationToken.None);
        await _queue.PutAsync("later", message => message with { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });

        (await _queue.PurgeAsync(CancellationToken.None)).ShouldBe(1501);

        (await StatusAsync()).Waiting.ShouldBe(0);
        (await _queue.CompleteAsync(running)).ShouldBeTrue();
        await _queue.PutAsync("new");
        (await StatusAsync()).Depth.ShouldBe(1);
        (await _queue.ReceiveOneAsync()).Message.Text().ShouldBe("new");
    }

    [Fact]
    public async Task An_outcome_is_published_to_a_stream()
    {
        await _queue.PublishAsync($"{_stream}:results", """{"id": "1"}"""u8.ToArray(), "1", CancellationToken.None);

        RespText.Of((await _redis.SendAsync("XRANGE", $"{_stream}:results", "-", "+")).Items[0].Items[1])
            .ShouldBe("""*[$payload ${"id": "1"} $correlation_id $1]""");
    }

    [Fact]
    public async Task The_oldest_message_is_known()
    {
        (await StatusAsync()).OldestAt.ShouldBeNull();
        await _queue.PutAsync("old");
        var put = DateTimeOffset.UtcNow;
        await _queue.PutAsync("high", message => message with { Priority = 9 });

        (await StatusAsync()).OldestAt!.Value.ShouldBe(put, TimeSpan.FromSeconds(30));
        (await StatusAsync()).OldestAt!.Value.ShouldBeLessThanOrEqualTo(put.AddMilliseconds(2));
    }

    [Fact]
    public async Task A_worker_that_goes_leaves_no_consumer_behind()
    {
        await using (var other = StreamQueues.Of(server, _stream, "gone"))
        {
            await _queue.PutAsync("{}");
            await other.CompleteAsync(await other.ReceiveOneAsync());
        }

        RespText.Of(await _redis.SendAsync("XINFO", "CONSUMERS", _stream, "jobrunner")).ShouldNotContain("gone");
    }

    [Fact]
    public async Task A_worker_that_goes_with_messages_in_hand_stays_known_until_they_are_taken_over()
    {
        await _queue.PutAsync("{}");
        await using (var other = StreamQueues.Of(server, _stream, "gone"))
            await other.ReceiveOneAsync(TimeSpan.FromMilliseconds(50));

        (await _queue.ReceiveOneAsync()).Message.Text().ShouldBe("{}");
    }

    [Fact]
    public async Task A_server_that_is_away_is_an_unavailable_queue()
    {
        var endpoint = new RedisEndpoint { Host = "127.0.0.1", Port = 1, CommandTimeout = TimeSpan.FromMilliseconds(200) };
        await using var queue = new RedisStreamQueue(
            new RedisStreamOptions { Name = "away", Consumer = "worker" }, RedisConnections.To(endpoint), TimeProvider.System);

        (await Should.ThrowAsync<QueueUnavailableException>(() => queue.ConnectAsync(CancellationToken.None)))
            .Message.ShouldStartWith("Redis at 127.0.0.1:1 is not available: ");
    }

    private Task<QueueStatus> StatusAsync() => _queue.InspectAsync(CancellationToken.None);

    private Task BlockedAsync() => Until.TrueAsync(
        async () => (await _redis.SendAsync("CLIENT", "LIST")).Text!.Split('\n').Any(line =>
            line.Contains("cmd=xreadgroup", StringComparison.Ordinal) && line.Contains("flags=b", StringComparison.Ordinal)),
        "a worker waits");
}
