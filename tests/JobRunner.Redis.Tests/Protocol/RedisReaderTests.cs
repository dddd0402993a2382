using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

public sealed class RedisReaderTests(RedisServer server)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_comes_while_it_waits_is_read_and_commands_go_on_meanwhile(int protocol)
    {
        await using var redis = RedisConnections.To(server, endpoint => endpoint with { Protocol = protocol });
        await using var reader = redis.OpenReader();
        var key = RedisConnections.Key();
        await redis.SendAsync("XGROUP", "CREATE", key, "group", "0", "MKSTREAM");

        var reading = reader.ReadAsync(
            new RedisCommand("XREADGROUP", "GROUP", "group", "me", "BLOCK", 60_000L, "STREAMS", key, ">"), Long, CancellationToken.None);
        await redis.SendAsync("XADD", key, "*", "number", "7907");

        RespText.Of(await reading).ShouldContain("$number $7907");
    }

    [Fact]
    public async Task A_wait_that_ends_without_anything_gives_null()
    {
        await using var redis = RedisConnections.To(server);
        await using var reader = redis.OpenReader();

        var reply = await reader.ReadAsync(
            new RedisCommand("BLPOP", RedisConnections.Key(), 0.05), TimeSpan.FromMilliseconds(50), CancellationToken.None);

        reply.IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_wait_ends_and_the_reader_goes_on()
    {
        await using var redis = RedisConnections.To(server);
        await using var reader = redis.OpenReader();
        var key = RedisConnections.Key();
        using var cancelling = new CancellationTokenSource();
        var reading = reader.ReadAsync(new RedisCommand("BLPOP", key, 60L), Long, cancelling.Token);

        await cancelling.CancelAsync();

        (await reading).IsNull.ShouldBeTrue();
        await redis.SendAsync("RPUSH", key, "later");
        RespText.Of(await reader.ReadAsync(new RedisCommand("BLPOP", key, 60L), Long, CancellationToken.None))
            .ShouldBe($"*[${key} $later]");
    }

    [Fact]
    public async Task Nothing_popped_is_lost_to_cancellation()
    {
        const int Count = 200;
        await using var redis = RedisConnections.To(server);
        await using var reader = redis.OpenReader();
        var key = RedisConnections.Key();
        var read = new List<string>();

        for (var i = 0; i < Count; i++)
        {
            using var cancelling = new CancellationTokenSource();
            var reading = reader.ReadAsync(new RedisCommand("BLPOP", key, 60L), Long, cancelling.Token);
            var pushing = redis.SendAsync("RPUSH", key, $"{i}");
            await cancelling.CancelAsync();
            await pushing;
            if (await reading is { IsNull: false } reply) read.Add(reply.Items[1].Text!);
        }

        var left = (await redis.SendAsync("LRANGE", key, 0L, -1L)).Items.Select(item => item.Text!);
        read.Concat(left).ShouldBe(Enumerable.Range(0, Count).Select(i => $"{i}"));
    }

    [Fact]
    public async Task The_servers_error_is_an_exception_and_the_reader_goes_on()
    {
        await using var redis = RedisConnections.To(server);
        await using var reader = redis.OpenReader();
        var command = new RedisCommand("XREADGROUP", "GROUP", "none", "me", "BLOCK", 10L, "STREAMS", RedisConnections.Key(), ">");

        for (var time = 0; time < 2; time++)
        {
            (await Should.ThrowAsync<RedisException>(() => reader.ReadAsync(command, Long, CancellationToken.None)))
                .Code.ShouldBe("NOGROUP");
        }
    }
}
