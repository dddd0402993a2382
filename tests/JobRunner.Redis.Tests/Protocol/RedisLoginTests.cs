using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

/// <summary>A server with a password for the default user and two ACL users, one of whom may do very little.</summary>
public sealed class RedisLoginTests : IAsyncLifetime
{
    private readonly RedisServer _server = new(
        "--requirepass", "open sesame",
        "--user", "worker", "on", ">s3cret/?@", "~*", "&*", "+@all",
        "--user", "guest", "on", ">guest", "~guest:*", "+get", "+set");

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(":open%20sesame@", "default", 2)]
    [InlineData(":open%20sesame@", "default", 3)]
    [InlineData("worker:s3cret%2F%3F%40@", "worker", 2)]
    [InlineData("worker:s3cret%2F%3F%40@", "worker", 3)]
    public async Task The_user_of_the_URL_logs_in(string userInfo, string user, int protocol)
    {
        await using var redis = To(userInfo, protocol);

        (await redis.SendAsync("ACL", "WHOAMI")).Text.ShouldBe(user);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_user_who_may_do_little_does_that(int protocol)
    {
        await using var redis = To("guest:guest@", protocol);

        await redis.SendAsync("SET", "guest:key", "1");

        (await redis.SendAsync("GET", "guest:key")).Text.ShouldBe("1");
        (await Should.ThrowAsync<RedisException>(() => redis.SendAsync("GET", "other"))).Code.ShouldBe("NOPERM");
        redis.MaxArgumentLength.ShouldBe(512 * 1024 * 1024);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_wrong_password_is_told_at_once_in_the_servers_words(int protocol)
    {
        await using var redis = To("worker:wr0ng@", protocol);

        var error = await Should.ThrowAsync<RedisException>(() => redis.SendAsync("PING"));

        error.Code.ShouldBe("WRONGPASS");
        error.ToString().ShouldNotContain("wr0ng");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_missing_password_is_told_in_the_servers_words(int protocol)
    {
        await using var redis = To("", protocol);

        (await Should.ThrowAsync<RedisException>(() => redis.SendAsync("PING"))).Code.ShouldBe("NOAUTH");
    }

    [Fact]
    public async Task A_password_that_becomes_right_is_tried_again()
    {
        await using var redis = To("worker:n3w@", protocol: 3);
        await Should.ThrowAsync<RedisException>(() => redis.SendAsync("PING"));
        await using var administrator = To(":open%20sesame@", protocol: 3);

        await administrator.SendAsync("ACL", "SETUSER", "worker", ">n3w");

        await Until.TrueAsync(async () =>
        {
            try
            {
                return (await redis.SendAsync("PING")).Text == "PONG";
            }
            catch (RedisException)
            {
                return false;
            }
        }, "the new password works");
    }

    private RedisConnection To(string userInfo, int protocol)
    {
        var url = QueueUrl.Parse($"redis://{userInfo}127.0.0.1:{_server.Port}");
        return RedisConnections.To(RedisEndpoint.Of(url, _ => null) with { Protocol = protocol });
    }
}
