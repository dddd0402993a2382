using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

/// <summary>A server of its own for each test, to be killed, started again and stalled.</summary>
public sealed class RedisReconnectTests : IAsyncLifetime
{
    private readonly RedisServer _server = new("--proto-max-bulk-len", "2mb", "--enable-debug-command", "yes");

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_restarted_server_is_found_again()
    {
        await using var redis = RedisConnections.To(_server);
        await redis.SendAsync("SET", "key", "before");

        await _server.KillAsync();
        await _server.StartAsync();

        (await redis.SendAsync("PING")).Text.ShouldBe("PONG");
        (await redis.SendAsync("INCR", "after")).Integer.ShouldBe(1);
    }

    [Fact]
    public async Task Commands_wait_for_a_server_that_comes_up_late()
    {
        await _server.KillAsync();
        await using var redis = RedisConnections.To(_server, endpoint => endpoint with { CommandTimeout = TimeSpan.FromSeconds(30) });
        var waiting = redis.SendAsync("PING");

        await _server.StartAsync();

        (await waiting).Text.ShouldBe("PONG");
    }

    [Fact]
    public async Task A_server_that_is_away_is_an_error_that_says_why()
    {
        await _server.KillAsync();
        await using var redis = RedisConnections.To(
            _server, endpoint => endpoint with { CommandTimeout = TimeSpan.FromMilliseconds(300) });

        var error = await Should.ThrowAsync<RedisConnectionException>(() => redis.SendAsync("PING"));

        error.Message.ShouldStartWith($"Redis at 127.0.0.1:{_server.Port} is not available: ");
        error.Message.ShouldContain("refused");
        error.MayHaveRun.ShouldBeFalse();
    }

    [Fact]
    public async Task A_command_that_was_on_its_way_is_not_sent_twice()
    {
        await using var redis = RedisConnections.To(_server);
        await using var other = RedisConnections.To(_server);
        await using var reader = redis.OpenReader();
        var blocked = reader.ReadAsync(new RedisCommand("BLPOP", "nothing", 30L), TimeSpan.FromSeconds(30), CancellationToken.None);
        await BlockedAsync(other);

        await _server.KillAsync();

        (await Should.ThrowAsync<RedisConnectionException>(blocked)).MayHaveRun.ShouldBeTrue();
    }

    [Fact]
    public async Task A_connection_that_the_server_kills_is_replaced_without_an_error()
    {
        await using var redis = RedisConnections.To(_server, endpoint => endpoint with { ClientName = "victim" });
        await using var other = RedisConnections.To(_server, endpoint => endpoint with { ClientName = "killer" });
        var id = (await redis.SendAsync("CLIENT", "ID")).Integer;

        (await other.SendAsync("CLIENT", "KILL", "ID", id)).Integer.ShouldBe(1);
        await Until.TrueAsync(
            async () => (await other.SendAsync("CLIENT", "LIST")).Text!.Contains("name=victim", StringComparison.Ordinal),
            "the connection came back by itself");

        (await redis.SendAsync("CLIENT", "ID")).Integer.ShouldNotBe(id);
    }

    [Fact]
    public async Task A_server_that_stalls_is_given_up_and_serves_again_afterwards()
    {
        await using var redis = RedisConnections.To(
            _server, endpoint => endpoint with { CommandTimeout = TimeSpan.FromMilliseconds(500) });
        await redis.SendAsync("PING");

        var error = await Should.ThrowAsync<RedisConnectionException>(() => redis.SendAsync("DEBUG", "SLEEP", 1.5));

        error.Message.ShouldContain("did not answer DEBUG within 0.5 s");
        error.MayHaveRun.ShouldBeTrue();
        await Until.TrueAsync(async () =>
        {
            try
            {
                return (await redis.SendAsync("PING")).Text == "PONG";
            }
            catch (RedisConnectionException)
            {
                return false;
            }
        }, "the server serves again");
    }

    [Fact]
    public async Task An_argument_over_the_servers_limit_is_refused_with_both_numbers_and_harms_nobody()
    {
        await using var redis = RedisConnections.To(_server);
        var id = (await redis.SendAsync("CLIENT", "ID")).Integer;
        redis.MaxArgumentLength.ShouldBe(2 * 1024 * 1024);

        var error = await Should.ThrowAsync<RedisException>(() => redis.SendAsync("SET", "key", new byte[3_000_000]));

        error.Message.ShouldContain("3000000 bytes");
        error.Message.ShouldContain("at most 2097152");
        (await redis.SendAsync("CLIENT", "ID")).Integer.ShouldBe(id);
    }

    [Fact]
    public async Task Lost_connections_leave_no_others_behind()
    {
        await using var redis = RedisConnections.To(_server, endpoint => endpoint with { ClientName = "many" });
        await using var other = RedisConnections.To(_server);
        for (var round = 0; round < 5; round++)
        {
            var id = (await redis.SendAsync("CLIENT", "ID")).Integer;
            await other.SendAsync("CLIENT", "KILL", "ID", id);
            await Until.TrueAsync(async () => Ids(await other.SendAsync("CLIENT", "LIST")) is [var next] && next != id, "one connection is back");
        }

        static long[] Ids(RespValue list) =>
        [
            .. list.Text!.Split('\n').Where(line => line.Contains("name=many", StringComparison.Ordinal))
                .Select(line => long.Parse(line.Split(' ')[0]["id=".Length..])),
        ];
    }

    private static Task BlockedAsync(IRedisConnection redis) => Until.TrueAsync(
        async () => (await redis.SendAsync("INFO", "clients")).Text!.Contains("blocked_clients:1", StringComparison.Ordinal),
        "a client is blocked");
}
