using JobRunner.Nats.Queues;
using JobRunner.Nats.Tests.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Nats.Tests.Queues;

public sealed class CoreQueueTests(NatsServerFixture fixture) : IClassFixture<NatsServerFixture>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TaskOutcome Failed = new() { HttpStatus = 500, Result = default, Error = "it broke", ErrorType = "BrokenException" };

    [Fact]
    public async Task A_request_of_any_client_is_a_message_with_its_reply()
    {
        await using var queue = Open("core.asked");
        await queue.ConnectAsync(default);
        queue.IsDurable.ShouldBeFalse();
        await using var client = fixture.Server.Connect();
        var asking = client.RequestAsync("core.asked", "{}"u8.ToArray());
        var lease = (await TakeAsync(queue)).ShouldHaveSingleItem();
        await queue.PublishAsync(lease.Message.ReplyTo!, "done"u8.ToArray(), lease.Message.Id, default);
        await queue.CompleteAsync(lease, new TaskOutcome { HttpStatus = 200, Result = default }, default);
        NatsClientTests.Text(await asking.Soon()).ShouldBe("done");
    }

    [Fact]
    public async Task Members_of_a_group_share_the_messages()
    {
        await using var first = Open("core.shared");
        await using var second = Open("core.shared");
        await first.ConnectAsync(default);
        await second.ConnectAsync(default);
        await first.PutAsync([.. Enumerable.Range(0, 40).Select(number => JetStreamQueueTests.Message($"{number}"))], default);
        var taken = new List<string>();
        await Eventually.IsTrueAsync(
            async () =>
            {
                foreach (var queue in new[] { first, second })
                    taken.AddRange((await queue.ReceiveAsync(100, Lease, default)).Select(lease => JetStreamQueueTests.Text(lease.Message)));
                return taken.Count >= 40;
            },
            "all arrive");
        taken.Distinct(StringComparer.Ordinal).Count().ShouldBe(40);
    }

    [Fact]
    public async Task A_failed_message_is_tried_again_and_then_told_to_who_listens()
    {
        await using var queue = Open("core.failed");
        await using var client = fixture.Server.Connect();
        await using var dead = await client.SubscribeAsync("core.failed.dead");
        await client.FlushAsync(default);
        await queue.ConnectAsync(default);
        await queue.PutAsync([JetStreamQueueTests.Message("a")], default);
        await queue.RetryAsync((await TakeAsync(queue)).Single(), Failed, TimeSpan.FromMilliseconds(50), default);
        var again = (await TakeAsync(queue)).Single();
        again.Message.Attempt.ShouldBe(2);
        await queue.DeadLetterAsync(again, Failed, default);
        (await dead.Messages.ReadAsync().Soon()).Headers!["error_type"].ShouldBe("BrokenException");
    }

    [Fact]
    public async Task One_line_adds_the_queues_and_the_store()
    {
        await using var services = new ServiceCollection().AddLogging().AddNatsQueues().AddNatsQueues().BuildServiceProvider();
        var transport = services.GetServices<IJobQueueTransport>().ShouldHaveSingleItem();
        transport.Schemes.ShouldBe(["nats", "tls"]);
        await using var queue = transport.Create(QueueOptions.FromUrl($"{fixture.Server.Url}?stream=ADDED&subject=added"));
        await queue.ConnectAsync(default);
        queue.MaxMessageSize.ShouldBe((1 << 20) - (8 * 1024), "headers need room");
        await using var core = transport.Create(QueueOptions.FromUrl($"{fixture.Server.Url}?mode=core"));
        core.ShouldBeOfType<CoreQueue>();
        await using var store = services.GetServices<ITaskStoreTransport>().Single().Create(QueueUrl.Parse($"{fixture.Server.Url}?stream=ADDED"));
        await store.OpenAsync(default);
        store.IsShared.ShouldBeTrue();
    }

    private static async Task<IReadOnlyList<QueueLease>> TakeAsync(IJobQueue queue)
    {
        IReadOnlyList<QueueLease> taken = [];
        await Eventually.IsTrueAsync(async () => (taken = await queue.ReceiveAsync(10, Lease, default)).Count > 0, "something is received");
        return taken;
    }

    private CoreQueue Open(string subject) => new(
        new QueueOptions { Url = QueueUrl.Parse($"{fixture.Server.Url}?mode=core&subject={subject}") },
        fixture.Server.Connect(),
        TimeProvider.System,
        NullLogger<CoreQueue>.Instance);
}
