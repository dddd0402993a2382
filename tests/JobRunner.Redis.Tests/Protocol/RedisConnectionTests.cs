using System.Text;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

public sealed class RedisConnectionTests(RedisServer server)
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Commands_are_answered_in_both_protocols(int protocol)
    {
        await using var redis = RedisConnections.To(server, endpoint => endpoint with { Protocol = protocol });
        var key = RedisConnections.Key();

        (await redis.SendAsync("SET", key, "välue")).Text.ShouldBe("OK");
        (await redis.SendAsync("GET", key)).Text.ShouldBe("välue");
        (await redis.SendAsync("GET", key + ":none")).IsNull.ShouldBeTrue();
        (await redis.SendAsync("INCRBY", key + ":number", 41L)).Integer.ShouldBe(41);
        await redis.SendAsync("HSET", key + ":hash", "a", 1L, "b", 2.5);
        (await redis.SendAsync("HGETALL", key + ":hash")).Pairs()
            .Select(pair => $"{pair.Name.Text}={pair.Value.Text}").ShouldBe(["a=1", "b=2.5"]);
        (await redis.SendAsync("CLIENT", "INFO")).Text!.ShouldContain($"resp={protocol}");
    }

    [Fact]
    public async Task The_servers_message_is_the_exceptions()
    {
        await using var redis = RedisConnections.To(server);
        var key = RedisConnections.Key();
        await redis.SendAsync("SET", key, "text");

        var error = await Should.ThrowAsync<RedisException>(() => redis.SendAsync("LPUSH", key, "x"));

        error.Message.ShouldBe("WRONGTYPE Operation against a key holding the wrong kind of value");
        error.Code.ShouldBe("WRONGTYPE");
    }

    [Fact]
    public async Task Ten_thousand_commands_at_once_get_their_own_replies()
    {
        await using var redis = RedisConnections.To(server);
        var key = RedisConnections.Key();

        var replies = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => redis.SendAsync("ECHO", $"{key}:{i}")));

        replies.Select(reply => reply.Text).ShouldBe(Enumerable.Range(0, 10_000).Select(i => $"{key}:{i}"));
    }

    [Fact]
    public async Task Commands_sent_together_are_answered_in_order_with_errors_among_them()
    {
        await using var redis = RedisConnections.To(server);
        var key = RedisConnections.Key();

        var replies = await redis.SendAllAsync(
            [new RedisCommand("SET", key, "1"), new RedisCommand("NONSENSE"), new RedisCommand("INCR", key)]);

        replies.Select(reply => reply.Kind).ShouldBe([RespKind.SimpleString, RespKind.Error, RespKind.Integer]);
        replies[2].Integer.ShouldBe(2);
        (await redis.SendAllAsync([])).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_large_value_arrives_unharmed_both_ways()
    {
        await using var redis = RedisConnections.To(server);
        var key = RedisConnections.Key();
        var value = new byte[20_000_000];
        Random.Shared.NextBytes(value);

        await redis.SendAsync("SET", key, value);

        (await redis.SendAsync("GET", key)).Bytes.Span.SequenceEqual(value).ShouldBeTrue();
        await redis.SendAsync("DEL", key);
    }

    [Fact]
    public async Task A_script_runs_whether_or_not_the_server_knows_it()
    {
        await using var redis = RedisConnections.To(server);
        var script = new RedisScript($"-- {Guid.NewGuid()}\nreturn {{KEYS[1], ARGV[1], tonumber(ARGV[2])}}");

        for (var run = 0; run < 2; run++)
        {
            var reply = await redis.EvaluateAsync(script, ["key"], ["argument", 7L]);
            RespText.Of(reply).ShouldBe("*[$key $argument :7]");
        }

        (await redis.SendAsync("SCRIPT", "EXISTS", script.Digest)).Items[0].Integer.ShouldBe(1);
    }

    [Fact]
    public async Task A_scripts_error_is_an_exception()
    {
        await using var redis = RedisConnections.To(server);

        var error = await Should.ThrowAsync<RedisException>(
            () => redis.EvaluateAsync(new RedisScript("return redis.error_reply('MINE went wrong')"), [], []));

        error.Message.ShouldBe("MINE went wrong");
    }

    [Fact]
    public async Task The_database_of_the_endpoint_is_used()
    {
        await using var first = RedisConnections.To(server, endpoint => endpoint with { Database = 1 });
        await using var second = RedisConnections.To(server, endpoint => endpoint with { Database = 2 });
        var key = RedisConnections.Key();

        await first.SendAsync("SET", key, "here");

        (await first.SendAsync("GET", key)).Text.ShouldBe("here");
        (await second.SendAsync("GET", key)).IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_an_error_with_the_servers_words()
    {
        await using var redis = RedisConnections.To(server, endpoint => endpoint with { Database = 5000 });

        (await Should.ThrowAsync<RedisException>(() => redis.SendAsync("PING"))).Message.ShouldBe("ERR DB index is out of range");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_server_shows_the_clients_name(int protocol)
    {
        await using var redis = RedisConnections.To(server, endpoint => endpoint with { ClientName = "worker-7", Protocol = protocol });

        (await redis.SendAsync("CLIENT", "GETNAME")).Text.ShouldBe("worker-7");
    }

    [Fact]
    public async Task A_cancelled_command_leaves_the_replies_of_others_in_order()
    {
        await using var redis = RedisConnections.To(server);
        await redis.SendAsync("PING");
        using var cancelling = new CancellationTokenSource();
        var cancelled = Enumerable.Range(0, 200)
            .Select(i => redis.SendAsync(new RedisCommand("ECHO", $"cancelled {i}"), cancelling.Token)).ToArray();
        var kept = Enumerable.Range(0, 200).Select(i => redis.SendAsync("ECHO", $"kept {i}")).ToArray();

        await cancelling.CancelAsync();

        (await Task.WhenAll(kept)).Select(reply => reply.Text).ShouldBe(Enumerable.Range(0, 200).Select(i => $"kept {i}"));
        cancelled.ShouldAllBe(task => task.IsCanceled || task.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task After_disposal_nothing_is_sent()
    {
        var redis = RedisConnections.To(server);
        await redis.SendAsync("PING");

        await redis.DisposeAsync();
        await redis.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(() => redis.SendAsync("PING"));
    }

    [Fact]
    public async Task Passwords_and_payloads_are_in_no_text_of_ours()
    {
        var endpoint = RedisEndpoint.Of(QueueUrl.Parse("redis://worker:s3cret@127.0.0.1:1/3"), _ => null);
        var command = new RedisCommand("AUTH", "worker", "s3cret");
        await using var redis = RedisConnections.To(endpoint with { CommandTimeout = TimeSpan.FromMilliseconds(200) });

        var error = await Should.ThrowAsync<RedisConnectionException>(() => redis.SendAsync("PING"));

        string.Join(' ', endpoint, command, error).ShouldNotContain("s3cret");
        error.Message.ShouldStartWith("Redis at 127.0.0.1:1 is not available: ");
    }
}
