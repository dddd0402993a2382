using JobRunner.Redis.Streams;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Redis.Tests;

public sealed class RegistrationTests
{
    [Theory]
    [InlineData("redis://localhost?stream=math", "math")]
    [InlineData("rediss://user:pass@localhost", "jobs")]
    public async Task One_line_makes_queues_and_stores_of_redis_URLs(string url, string name)
    {
        await using var services = new ServiceCollection().AddLogging().AddRedisQueues().AddRedisQueues().BuildServiceProvider();
        var queues = services.GetServices<IJobQueueTransport>().ShouldHaveSingleItem();
        var stores = services.GetServices<ITaskStoreTransport>().ShouldHaveSingleItem();
        queues.Schemes.ShouldBe(["redis", "rediss"]);
        stores.Schemes.ShouldBe(["redis", "rediss"]);

        await using var queue = queues.Create(QueueOptions.FromUrl(url));
        await using var store = stores.Create(QueueUrl.Parse(url));

        queue.Name.ShouldBe(name);
        queue.IsDurable.ShouldBeTrue();
        store.IsShared.ShouldBeTrue();
    }

    [Fact]
    public void The_URL_the_manifest_and_the_environment_name_the_queue()
    {
        var options = QueueOptions.FromUrl("redis://h?stream=math&group=g&dead_letter=math.gone&max_message_size=1m");
        static string? Variable(string name) => name == "REDIS_CONSUMER_NAME" ? "consumer-7" : null;

        RedisStreamOptions.Of(options, Variable).ShouldBe(new RedisStreamOptions
        {
            Name = "math",
            Stream = "math",
            Group = "g",
            Consumer = "consumer-7",
            DeadLetter = "math.gone",
            MaxMessageSize = 1024 * 1024,
        });
        RedisStreamOptions.Of(QueueOptions.FromUrl("redis://h?consumer=mine"), Variable).Consumer.ShouldBe("mine");
        RedisStreamOptions.Of(QueueOptions.FromUrl("redis://h"), _ => null).Consumer
            .ShouldBe($"{Environment.MachineName}-{Environment.ProcessId}");
    }

    [Theory]
    [InlineData("redis://h", "jobrunner:")]
    [InlineData("redis://h?stream=math", "jobrunner:math:")]
    [InlineData("redis://h?queue=mails", "jobrunner:mails:")]
    public void Jobs_that_share_a_database_do_not_share_records(string url, string prefix) =>
        RedisStoreTransport.PrefixOf(QueueUrl.Parse(url)).ShouldBe(prefix);
}
