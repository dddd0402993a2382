using System.Text;

namespace JobRunner.Redis.Tests.Protocol;

public sealed class BrokenServerTests
{
    [Theory]
    [InlineData("", "closed the connection")]
    [InlineData("$10\r\nhalf", "closed the connection")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "unknown type 0x48")]
    [InlineData("$99999999999\r\n", "string of 99999999999 bytes")]
    public async Task An_answer_that_is_none_fails_the_command_and_the_next_one_is_answered(string answer, string reason)
    {
        await using var server = new FakeRedis(Encoding.ASCII.GetBytes(answer));
        await using var redis = RedisConnections.To(server.Endpoint);

        var error = await Should.ThrowAsync<RedisConnectionException>(() => redis.SendAsync("ECHO", "hello"));

        error.Message.ShouldContain(reason);
        error.MayHaveRun.ShouldBeTrue();
        (await redis.SendAsync("ECHO", "hello")).Text.ShouldBe("OK");
    }

    [Theory]
    [InlineData(">2\r\n+invalidate\r\n_\r\n+fine\r\n", "fine")]
    [InlineData("|1\r\n+ttl\r\n:1\r\n+fine\r\n", "fine")]
    public async Task What_answers_no_command_is_passed_over(string answer, string expected)
    {
        await using var server = new FakeRedis(Encoding.ASCII.GetBytes(answer));
        await using var redis = RedisConnections.To(server.Endpoint);

        (await redis.SendAsync("ECHO", "hello")).Text.ShouldBe(expected);
    }

    [Fact]
    public async Task A_server_that_has_become_a_replica_is_looked_up_again()
    {
        await using var server = new FakeRedis("-READONLY You can't write against a read only replica.\r\n"u8.ToArray());
        await using var redis = RedisConnections.To(server.Endpoint);

        (await Should.ThrowAsync<RedisException>(() => redis.SendAsync("SET", "key", "value"))).Code.ShouldBe("READONLY");

        (await redis.SendAsync("SET", "key", "value")).Text.ShouldBe("OK");
    }
}
