using System.Text;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;
using JobRunner.Nats.Tests.Protocol;

namespace JobRunner.Nats.Tests.JetStream;

public sealed class PullConsumerTests(NatsServerFixture fixture) : IClassFixture<NatsServerFixture>, IAsyncDisposable
{
    private static readonly PullRequest Now = new() { Batch = 10, NoWait = true };

    private readonly NatsClient _client = fixture.Server.Connect();

    private JetStreamClient JetStream => new(_client, TimeProvider.System);

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task Acknowledged_messages_are_gone_and_the_others_are_still_there()
    {
        var pull = await CreateAsync("ACKED", messages: 3);
        var lent = await TakeAsync(pull, Now);
        lent.Select(Text).ShouldBe(["0", "1", "2"]);
        lent[1].Deliveries.ShouldBe(1);
        (lent[1].Stream, lent[1].Consumer, lent[1].Sequence, lent[1].Pending).ShouldBe(("ACKED", "worker", 2UL, 1L));
        lent[1].Stored.ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(-5));
        (await TakeAsync(pull, Now)).ShouldBeEmpty();

        await lent[0].AckAsync(default);
        await lent[2].TerminateAsync(default);
        (await JetStream.FindStreamAsync("ACKED"))!.State.Messages.ShouldBe(1);
        (await JetStream.FindConsumerAsync("ACKED", "worker"))!.NumAckPending.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_given_back_comes_again_at_once_or_after_its_delay()
    {
        var pull = await CreateAsync("NAKED", messages: 2);
        var lent = await TakeAsync(pull, Now);
        await lent[0].NakAsync(TimeSpan.FromMilliseconds(400), default);
        await lent[1].NakAsync(TimeSpan.Zero, default);
        var again = await TakeAsync(pull, Now with { Batch = 2, NoWait = false, Expires = TimeSpan.FromSeconds(20) });
        again.Select(Text).ShouldBe(["1", "0"]);
        again.ShouldAllBe(message => message.Deliveries == 2);
    }

    [Fact]
    public async Task A_loan_that_is_not_kept_alive_ends()
    {
        var pull = await CreateAsync("LENT", messages: 1, ackWait: TimeSpan.FromMilliseconds(300));
        var lent = (await TakeAsync(pull, Now)).ShouldHaveSingleItem();
        for (var beat = 0; beat < 10; beat++)
        {
            await lent.InProgressAsync(default);
            await _client.FlushAsync(default);
            (await TakeAsync(pull, Now)).ShouldBeEmpty();
            await Task.Delay(50);
        }

        var again = (await TakeAsync(pull, Now with { Batch = 1, NoWait = false, Expires = TimeSpan.FromSeconds(20) })).ShouldHaveSingleItem();
        again.Deliveries.ShouldBe(2);
    }

    [Fact]
    public async Task A_pull_waits_until_something_comes_and_ends_when_its_time_is_over()
    {
        var pull = await CreateAsync("AWAITED", messages: 0);
        var request = new PullRequest { Batch = 2, Expires = TimeSpan.FromSeconds(1), IdleHeartbeat = TimeSpan.FromMilliseconds(200) };
        var waiting = TakeAsync(pull, request);
        await JetStream.PublishAsync("AWAITED", "late"u8.ToArray());
        (await waiting.Soon()).Select(Text).ShouldBe(["late"]);
    }

    [Fact]
    public async Task What_a_reader_leaves_is_given_back_at_once()
    {
        var pull = await CreateAsync("LEFT", messages: 10, ackWait: TimeSpan.FromHours(1));
        await foreach (var message in pull.PullAsync(Now, default))
        {
            await message.AckAsync(default);
            break;
        }

        var rest = new List<string>();
        await Eventually.IsTrueAsync(
            async () =>
            {
                rest.AddRange((await TakeAsync(pull, Now)).Select(Text));
                return rest.Count >= 9;
            },
            "the other nine come back");
        rest.Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(1, 9).Select(number => $"{number}"));
    }

    [Fact]
    public async Task A_cancelled_pull_leaves_nothing_behind()
    {
        var pull = await CreateAsync("CANCELLED", messages: 0, ackWait: TimeSpan.FromHours(1));
        using var cancel = new CancellationTokenSource();
        var waiting = TakeAsync(pull, new PullRequest { Batch = 5, Expires = TimeSpan.FromMinutes(5) }, cancel.Token);
        await Eventually.IsTrueAsync(
            async () => (await JetStream.FindConsumerAsync("CANCELLED", "worker"))!.NumWaiting == 1, "the server has the pull");
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting.Soon());
        await JetStream.PublishAsync("CANCELLED", "next"u8.ToArray());
        (await TakeAsync(pull, Now)).Select(Text).ShouldBe(["next"]);
    }

    [Fact]
    public async Task A_consumer_that_is_deleted_ends_its_pull_with_an_error()
    {
        var pull = await CreateAsync("DELETED", messages: 0);
        var waiting = TakeAsync(pull, new PullRequest { Batch = 5, Expires = TimeSpan.FromMinutes(5) });
        await Eventually.IsTrueAsync(
            async () => (await JetStream.FindConsumerAsync("DELETED", "worker"))!.NumWaiting == 1, "the server has the pull");
        (await JetStream.DeleteConsumerAsync("DELETED", "worker")).ShouldBeTrue();
        await Should.ThrowAsync<JetStreamException>(waiting.Soon());
        await Should.ThrowAsync<JetStreamException>(TakeAsync(pull, Now).Soon());
    }

    [Fact]
    public async Task A_server_that_is_killed_keeps_what_was_stored_and_not_acknowledged()
    {
        await using var server = await NatsServer.StartAsync();
        await using var client = server.Connect();
        var jetStream = new JetStreamClient(client, TimeProvider.System);
        var pull = await CreateAsync("KILLED", messages: 20, jetStream, TimeSpan.FromSeconds(1));
        var done = new HashSet<string>();
        foreach (var message in await TakeAsync(pull, Now))
        {
            await message.AckAsync(default);
            done.Add(Text(message));
        }

        var interrupted = TakeAsync(pull, new PullRequest { Batch = 100, Expires = TimeSpan.FromMinutes(5) });
        await Eventually.IsTrueAsync(
            async () => (await jetStream.FindConsumerAsync("KILLED", "worker"))!.NumAckPending == 10, "the others are lent");
        await server.KillAsync();
        await Should.ThrowAsync<NatsException>(interrupted.Soon());
        await server.StartAgainAsync();
        await Eventually.IsTrueAsync(
            async () =>
            {
                foreach (var message in await TakeAsync(pull, Now))
                {
                    await message.AckAsync(default);
                    done.Add(Text(message));
                }

                return done.Count == 20;
            },
            "all twenty are delivered");
    }

    private static string Text(DeliveredMessage delivered) => NatsClientTests.Text(delivered.Message);

    private static async Task<List<DeliveredMessage>> TakeAsync(
        PullConsumer pull, PullRequest request, CancellationToken cancellationToken = default)
    {
        var taken = new List<DeliveredMessage>();
        await foreach (var message in pull.PullAsync(request, cancellationToken))
            taken.Add(message);
        return taken;
    }

    private Task<PullConsumer> CreateAsync(string name, int messages, TimeSpan? ackWait = null) =>
        CreateAsync(name, messages, JetStream, ackWait ?? TimeSpan.FromSeconds(30));

    private static async Task<PullConsumer> CreateAsync(string name, int messages, JetStreamClient jetStream, TimeSpan ackWait)
    {
        await jetStream.CreateStreamAsync(new StreamConfig { Name = name, Subjects = [name], Retention = StreamRetention.WorkQueue });
        await jetStream.EnsureConsumerAsync(name, new ConsumerConfig { DurableName = "worker", AckWait = ackWait });
        for (var number = 0; number < messages; number++)
            await jetStream.PublishAsync(name, Encoding.UTF8.GetBytes($"{number}"));
        return new PullConsumer(jetStream, name, "worker");
    }
}
