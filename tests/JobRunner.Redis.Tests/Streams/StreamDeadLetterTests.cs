using JobRunner.Redis.Protocol;
using JobRunner.Redis.Streams;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Streams;

public sealed class StreamDeadLetterTests(RedisServer server) : IAsyncLifetime
{
    private readonly string _stream = RedisConnections.Key();
    private RedisStreamQueue _queue = null!;

    public ValueTask InitializeAsync()
    {
        _queue = StreamQueues.Of(server, _stream);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    [Fact]
    public async Task A_dead_letter_tells_what_happened_and_leaves_the_queue()
    {
        await _queue.PutAsync("bad", message => message with { Properties = new Dictionary<string, string> { ["colour"] = "red" } });
        await _queue.RetryAsync(await _queue.ReceiveOneAsync(), StreamQueues.Failure, TimeSpan.Zero, CancellationToken.None);
        var second = await _queue.ReceiveOneAsync();

        (await _queue.DeadLetterAsync(second, StreamQueues.Failure, CancellationToken.None)).ShouldBeTrue();
        (await _queue.DeadLetterAsync(second, StreamQueues.Failure, CancellationToken.None)).ShouldBeFalse();

        var letter = (await ListAsync()).ShouldHaveSingleItem();
        (letter.Error, letter.Type, letter.Attempts).ShouldBe(("it went wrong", "InvalidOperationException", 2));
        letter.FirstFailedAt.ShouldBe(second.Message.FirstFailedAt);
        letter.LastFailedAt!.Value.ShouldBeGreaterThanOrEqualTo(letter.FirstFailedAt!.Value);
        (letter.Message.Text(), letter.Message.Id, letter.Message.Properties["colour"]).ShouldBe(("bad", second.Message.Id, "red"));
        await _queue.ShouldBeEmptyAsync();
    }

    [Fact]
    public async Task A_page_of_dead_letters_ends_where_the_next_begins()
    {
        for (var i = 0; i < 5; i++) await BuryAsync($"{i}");

        var first = await _queue.ListDeadLettersAsync(3, null, CancellationToken.None);
        var second = await _queue.ListDeadLettersAsync(3, first.Next, CancellationToken.None);

        first.Letters.Concat(second.Letters).Select(letter => letter.Message.Text()).ShouldBe(["4", "3", "2", "1", "0"]);
        second.Next.ShouldBeNull();
    }

    [Fact]
    public async Task Retried_letters_run_again_as_if_for_the_first_time()
    {
        await BuryAsync("low");
        var high = await BuryAsync("high", priority: 9);
        await BuryAsync("other");

        (await _queue.RetryDeadLettersAsync([high, "unknown"], CancellationToken.None)).ShouldBe(1);
        var again = (await _queue.ReceiveOneAsync()).Message;
        (again.Id, again.Attempt, again.FirstFailedAt, again.Priority).ShouldBe((high, 1, null, 9));
        (await _queue.RetryDeadLettersAsync(null, CancellationToken.None)).ShouldBe(2);

        (await _queue.ReceiveAsync(2)).Select(lease => lease.Message.Text()).Order().ShouldBe(["low", "other"]);
        (await ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Purged_letters_are_gone()
    {
        var first = await BuryAsync("first");
        await BuryAsync("second");

        (await _queue.PurgeDeadLettersAsync([first], CancellationToken.None)).ShouldBe(1);
        (await ListAsync()).ShouldHaveSingleItem().Message.Text().ShouldBe("second");

        (await _queue.PurgeDeadLettersAsync(null, CancellationToken.None)).ShouldBe(1);
        (await _queue.PurgeDeadLettersAsync(null, CancellationToken.None)).ShouldBe(0);
        (await ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Thousands_of_letters_are_retried()
    {
        await using var redis = RedisConnections.To(server);
        await redis.SendAllAsync(
            [.. Enumerable.Range(0, 1700).Select(i => new RedisCommand("XADD", $"{_stream}.dead", "*", "payload", $"{i}"))]);

        (await _queue.RetryDeadLettersAsync(null, CancellationToken.None)).ShouldBe(1700);

        (await _queue.InspectAsync(CancellationToken.None)).Depth.ShouldBe(1700);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("\u0000\u0001\ud83d\ude00")]
    public async Task Whatever_is_in_a_message_it_can_be_buried(string body)
    {
        await BuryAsync(body);

        (await ListAsync()).ShouldHaveSingleItem().Message.Text().ShouldBe(body);
    }

    [Fact]
    public async Task Entries_with_any_number_of_fields_and_any_bytes_can_be_retried_and_buried()
    {
        await using var redis = RedisConnections.To(server);
        RedisArgument[] fields = [.. Enumerable.Range(0, 5000).SelectMany(i => new RedisArgument[] { $"field{i}", new byte[] { 0xff, 0xfe } })];
        await redis.SendAsync("XADD", [_stream, "*", .. fields]);
        await redis.SendAsync("XADD", _stream, "*", "", "", "attempt", "NaN", "priority", "high", "not_before", "soon", "id", "");

        var leases = await _queue.ReceiveAsync(2);
        foreach (var lease in leases)
            (await _queue.RetryAsync(lease, StreamQueues.Failure, TimeSpan.Zero, CancellationToken.None)).ShouldBeTrue();
        foreach (var lease in await _queue.ReceiveAsync(2))
            (await _queue.DeadLetterAsync(lease, StreamQueues.Failure, CancellationToken.None)).ShouldBeTrue();

        (await ListAsync()).Select(letter => letter.Message.Id).Order().ShouldBe(leases.Select(lease => lease.Message.Id).Order());
    }

    private async Task<string> BuryAsync(string body, int priority = 0)
    {
        await _queue.PutAsync(body, message => message with { Priority = priority });
        var lease = await _queue.ReceiveOneAsync();
        await _queue.DeadLetterAsync(lease, StreamQueues.Failure, CancellationToken.None);
        return lease.Message.Id;
    }

    private async Task<IReadOnlyList<DeadLetter>> ListAsync() =>
        (await _queue.ListDeadLettersAsync(100, null, CancellationToken.None)).Letters;
}
