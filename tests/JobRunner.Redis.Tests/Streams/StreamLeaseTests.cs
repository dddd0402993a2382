using JobRunner.Redis.Protocol;
using JobRunner.Redis.Streams;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Streams;

public sealed class StreamLeaseTests(RedisServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);

    private readonly string _stream = RedisConnections.Key();
    private readonly RedisConnection _redis = RedisConnections.To(server);
    private RedisStreamQueue _queue = null!;
    private RedisStreamQueue _other = null!;

    public ValueTask InitializeAsync()
    {
        _queue = StreamQueues.Of(server, _stream);
        _other = StreamQueues.Of(server, _stream, "other");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _other.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_message_whose_lease_has_ended_runs_elsewhere_and_the_first_worker_has_no_say_any_more()
    {
        await _queue.PutAsync("{}");
        var lost = await _queue.ReceiveOneAsync(Short);

        var held = await _other.ReceiveOneAsync();

        held.Message.Id.ShouldBe(lost.Message.Id);
        held.Message.Attempt.ShouldBe(1);
        (await _queue.CompleteAsync(lost)).ShouldBeFalse();
        (await _queue.RetryAsync(lost, StreamQueues.Failure, TimeSpan.Zero, CancellationToken.None)).ShouldBeFalse();
        (await _queue.DeadLetterAsync(lost, StreamQueues.Failure, CancellationToken.None)).ShouldBeFalse();
        await _queue.ReleaseAsync(lost, CancellationToken.None);
        (await _queue.RenewAsync([lost], StreamQueues.Long, CancellationToken.None)).ShouldBe([LeaseState.Lost]);
        (await _other.CompleteAsync(held)).ShouldBeTrue();
        await _queue.ShouldBeEmptyAsync();
        (await _queue.ListDeadLettersAsync(10, null, CancellationToken.None)).Letters.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lease_that_ended_and_was_taken_again_by_the_same_worker_is_a_new_one()
    {
        await _queue.PutAsync("{}");
        var lost = await _queue.ReceiveOneAsync(Short);

        var held = await _queue.ReceiveOneAsync();

        (await _queue.CompleteAsync(lost)).ShouldBeFalse();
        (await _queue.CompleteAsync(held)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_renewed_lease_is_not_taken_over()
    {
        await _queue.PutAsync("mine");
        var lease = await _queue.ReceiveOneAsync(Short);

        (await _queue.RenewAsync([lease], StreamQueues.Long, CancellationToken.None)).ShouldBe([LeaseState.Held]);
        await Until.TrueAsync(() => lease.Message.EnqueuedAt < DateTimeOffset.UtcNow - 3 * Short, "the first lease is over");
        await _queue.PutAsync("other");

        (await _other.ReceiveAsync(5, Short, CancellationToken.None)).Select(taken => taken.Message.Text()).ShouldBe(["other"]);
        (await _queue.CompleteAsync(lease)).ShouldBeTrue();
    }

    [Fact]
    public async Task Many_leases_are_renewed_at_once()
    {
        await _queue.PutAsync([.. Enumerable.Range(0, 20).Select(i => StreamQueues.Message($"{i}"))], CancellationToken.None);
        var leases = await _queue.ReceiveAsync(20);
        await _queue.CompleteAsync(leases[3]);

        var states = await _queue.RenewAsync(leases, StreamQueues.Long, CancellationToken.None);

        states.ShouldBe(Enumerable.Range(0, 20).Select(i => i == 3 ? LeaseState.Lost : LeaseState.Held));
        (await _queue.RenewAsync([], StreamQueues.Long, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_worker_that_died_between_reading_and_its_lease_loses_nothing()
    {
        await _queue.ConnectAsync(CancellationToken.None);
        await _queue.PutAsync("{}");
        await _redis.SendAsync("XREADGROUP", "GROUP", "jobrunner", "dead", "STREAMS", _stream, ">");

        (await _queue.ReceiveOneAsync(Short)).Message.Text().ShouldBe("{}");
    }

    [Fact]
    public async Task A_message_that_loses_its_workers_again_and_again_becomes_a_dead_letter()
    {
        await using var queue = StreamQueues.Of(server, _stream, "victim", options => options with { MaxInterruptions = 2 });
        await queue.PutAsync("poison");
        for (var i = 0; i < 3; i++) await queue.ReceiveOneAsync(TimeSpan.FromMilliseconds(20));

        await Until.TrueAsync(
            async () =>
            {
                await queue.PutAsync("good");
                var leases = await queue.ReceiveAsync(10, StreamQueues.Long, CancellationToken.None);
                leases.ShouldAllBe(lease => lease.Message.Text() == "good");
                return (await queue.InspectAsync(CancellationToken.None)).DeadLetters == 1;
            },
            "the message is given up");

        var letter = (await queue.ListDeadLettersAsync(10, null, CancellationToken.None)).Letters.ShouldHaveSingleItem();
        letter.Message.Text().ShouldBe("poison");
        letter.Error.ShouldBe("its worker was lost 3 times");
        letter.Type.ShouldBe("TaskLost");
    }

    [Fact]
    public async Task Giving_back_is_no_interruption()
    {
        await using var queue = StreamQueues.Of(server, _stream, "polite", options => options with { MaxInterruptions = 0 });
        await queue.PutAsync("{}");

        for (var i = 0; i < 5; i++) await queue.ReleaseAsync(await queue.ReceiveOneAsync(), CancellationToken.None);

        (await queue.CompleteAsync(await queue.ReceiveOneAsync())).ShouldBeTrue();
    }

    [Fact]
    public async Task Workers_share_the_messages_and_each_runs_once()
    {
        const int Count = 2000;
        await _queue.PutAsync([.. Enumerable.Range(0, Count).Select(i => StreamQueues.Message($"{i}"))], CancellationToken.None);
        var done = new System.Collections.Concurrent.ConcurrentBag<int>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => WorkAsync(worker % 2 == 0 ? _queue : _other)));

        done.Order().ShouldBe(Enumerable.Range(0, Count));
        await _queue.ShouldBeEmptyAsync();

        async Task WorkAsync(IJobQueue queue)
        {
            while (done.Count < Count)
            {
                var leases = await queue.ReceiveAsync(16, StreamQueues.Long, CancellationToken.None);
                var completed = await Task.WhenAll(leases.Select(lease => queue.CompleteAsync(lease)));
                completed.ShouldAllBe(was => was);
                foreach (var lease in leases) done.Add(int.Parse(lease.Message.Text()));
            }
        }
    }
}
