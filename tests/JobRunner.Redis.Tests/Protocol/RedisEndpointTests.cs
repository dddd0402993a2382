using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

public sealed class RedisEndpointTests
{
    [Fact]
    public void Everything_in_the_URL_is_used()
    {
        var endpoint = Of("rediss://us%3Aer:p%40ss@[::1]:6380/4");

        endpoint.ShouldBe(new RedisEndpoint
        {
            Host = "::1",
            Port = 6380,
            User = "us:er",
            Password = "p@ss",
            Database = 4,
            IsTls = true,
        });
        endpoint.ToString().ShouldBe("[::1]:6380");
    }

    [Fact]
    public void Variables_fill_in_what_the_URL_leaves_out()
    {
        Of("redis:", ("REDIS_HOSTNAME", "redis-server"), ("REDIS_PORT", "7000")).ToString().ShouldBe("redis-server:7000");
        Of("redis://mine", ("REDIS_HOSTNAME", "redis-server"), ("REDIS_PORT", "7000")).ToString().ShouldBe("mine:7000");
        Of("redis://mine:1", ("REDIS_PORT", "7000")).ToString().ShouldBe("mine:1");
        Of("redis:").ToString().ShouldBe("localhost:6379");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("70000")]
    [InlineData("tcp://10.0.0.1:6379")]
    public void A_port_that_is_none_is_named(string port) =>
        Should.Throw<FormatException>(() => Of("redis:", ("REDIS_PORT", port)))
            .Message.ShouldBe($"REDIS_PORT is \"{port}\" but must be a port from 1 to 65535.");

    [Fact]
    public void Another_scheme_is_refused() => Should.Throw<FormatException>(() => Of("nats://host"));

    private static RedisEndpoint Of(string url, params (string Name, string Value)[] variables) =>
        RedisEndpoint.Of(QueueUrl.Parse(url), name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
