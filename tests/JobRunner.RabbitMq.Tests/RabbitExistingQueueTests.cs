using System.Text;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Queues that somebody else has made, and what their makers allow.</summary>
public sealed class RabbitExistingQueueTests(RabbitServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "1"u8.ToArray() };

    private IConnection? _connection;
    private IChannel? _channel;
    private IJobQueue? _queue;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Name { get; } = $"q{Guid.NewGuid():N}";

    private string GuardedUrl => $"amqp://{RabbitServer.Guarded}:{RabbitServer.Guarded}@127.0.0.1:{server.Port}?queue={Name}";

    private IJobQueue Queue => _queue!;

    private IChannel Channel => _channel!;

    public async ValueTask InitializeAsync()
    {
        _connection = await new ConnectionFactory { Uri = new Uri(server.Url) }.CreateConnectionAsync(Stop);
        _channel = await _connection.CreateChannelAsync(cancellationToken: Stop);
        _queue = Rabbit.Queue(server, Name);
    }

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        await _connection!.DisposeAsync();
    }

    [Fact]
    public async Task A_put_that_the_broker_does_not_confirm_is_an_error_until_there_is_room()
    {
        await DeclareAsync("classic", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        await Queue.PutAsync([Message("first")], Stop);

        var error = await Should.ThrowAsync<QueueUnavailableException>(() => Queue.PutAsync([Message("second")], Stop));

        error.Message.ShouldContain("did not take");
        error.Message.ShouldContain(Name);
        var lease = await TakeAsync();
        TextOf(lease).ShouldBe("first");
        await Queue.CompleteAsync(lease, Done, Stop);
        await Until.TrueAsync(() => IsPutAsync("second"), "there was room again");
        TextOf(await TakeAsync()).ShouldBe("second");
    }

    [Fact]
    public async Task A_retry_that_the_broker_does_not_confirm_loses_nothing()
    {
        await DeclareAsync("classic", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        await Queue.PutAsync([Message("first")], Stop);
        var lease = await TakeAsync();
        await Until.TrueAsync(() => IsPutAsync("second"), "there was room");

        await Should.ThrowAsync<QueueUnavailableException>(
            () => Queue.RetryAsync(lease, Done with { Error = "it broke" }, TimeSpan.Zero, Stop));

        (await Queue.RenewAsync([lease], Lease, Stop)).ShouldBe([LeaseState.Held]);
        (await Queue.CompleteAsync(await TakeAsync(), Done, Stop)).ShouldBeTrue();
        (await Queue.RetryAsync(lease, Done with { Error = "it broke" }, TimeSpan.Zero, Stop)).ShouldBeTrue();
        (await TakeAsync()).Message.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task What_the_broker_counts_as_deliveries_are_no_attempts()
    {
        await Queue.PutAsync([Message("1")], Stop);
        for (var round = 0; round < 3; round++) await Queue.ReleaseAsync(await TakeAsync(), Stop);

        var lease = await TakeAsync();

        lease.Message.Attempt.ShouldBe(1);
        lease.Message.Properties.Keys.ShouldNotContain("x-delivery-count");
        await Queue.ReleaseAsync(lease, Stop);
        BasicGetResult? raw = null;
        await Until.TrueAsync(async () => (raw = await Channel.BasicGetAsync(Name, autoAck: true, Stop)) is not null, "it was back");
        Convert.ToInt64(raw!.BasicProperties.Headers!["x-delivery-count"], null).ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task A_queues_own_delivery_limit_ends_in_a_dead_letter_that_says_so()
    {
        await DeclareAsync(
            "quorum", ("x-delivery-limit", 1), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", $"{Name}.dead"));
        await Queue.PutAsync([Message("1")], Stop);
        for (var round = 0; round < 2; round++) await Queue.ReleaseAsync(await TakeAsync(), Stop);
        await Until.TrueAsync(async () => (await Queue.InspectAsync(Stop)).DeadLetters == 1, "the broker gave it up");

        var letter = (await Queue.ListDeadLettersAsync(10, null, Stop)).Letters.Single();

        letter.Error.ShouldNotBeNull().ShouldContain("more often than the broker allows");
        TextOf(letter.Message).ShouldBe("1");
    }

    [Fact]
    public async Task Who_may_create_nothing_uses_what_is_there()
    {
        await Queue.PutAsync([Message("later") with { NotBefore = DateTimeOffset.UtcNow.AddMilliseconds(200) }], Stop);
        await using var guarded = Rabbit.At(GuardedUrl);

        await guarded.PutAsync([Message("1")], Stop);

        var bodies = new List<string>();
        while (bodies.Count < 2)
        {
            foreach (var lease in await guarded.ReceiveAsync(2, Lease, Stop))
            {
                bodies.Add(TextOf(lease));
                (await guarded.CompleteAsync(lease, Done, Stop)).ShouldBeTrue();
            }
        }

        bodies.ShouldBe(["later", "1"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_queue_that_may_not_be_created_is_named_and_why()
    {
        await using var guarded = Rabbit.At(GuardedUrl);

        var error = await Should.ThrowAsync<QueueUnavailableException>(() => guarded.ConnectAsync(Stop));

        error.Message.ShouldContain("refused");
        error.Message.ShouldContain(Name);
        error.Message.ShouldContain(RabbitServer.Guarded);
    }

    [Fact]
    public async Task A_stream_of_keys_that_somebody_deletes_is_made_anew()
    {
        var message = Message("1") with { IdempotencyKey = "once" };
        await Queue.PutAsync([message], Stop);
        await Channel.QueueDeleteAsync($"{Name}.keys", cancellationToken: Stop);

        await Until.TrueAsync(() => IsPutAsync("again", "other key"), "keys could be used again");

        (await Queue.PutAsync([Message("again") with { IdempotencyKey = "other key" }], Stop)).Count.ShouldBe(1);
        (await Queue.InspectAsync(Stop)).Depth.ShouldBe(2);
    }

    private static QueueMessage Message(string body) => new() { Body = Encoding.UTF8.GetBytes(body) };

    private static string TextOf(QueueLease lease) => TextOf(lease.Message);

    private static string TextOf(QueueMessage message) => Encoding.UTF8.GetString(message.Body.Span);

    private Task DeclareAsync(string kind, params (string Name, object Value)[] arguments) => Channel.QueueDeclareAsync(
        Name, durable: true, exclusive: false, autoDelete: false,
        arguments.Append((Name: "x-queue-type", Value: kind)).ToDictionary(pair => pair.Name, pair => (object?)pair.Value, StringComparer.Ordinal),
        cancellationToken: Stop);

    private async Task<bool> IsPutAsync(string body, string? key = null)
    {
        try
        {
            await Queue.PutAsync([Message(body) with { IdempotencyKey = key }], Stop);
            return true;
        }
        catch (QueueUnavailableException)
        {
            return false;
        }
    }

    private async Task<QueueLease> TakeAsync()
    {
        IReadOnlyList<QueueLease> leases = [];
        await Until.TrueAsync(async () => (leases = await Queue.ReceiveAsync(1, Lease, Stop)).Count > 0, "a message came");
        return leases.Single();
    }
}
