using JobRunner.Queues;
using JobRunner.Tasks.Embedded;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Long calls whose record and lease go to the store, and what becomes of them there.</summary>
public sealed class RabbitHandOverTests(RabbitServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    private static readonly TaskOutcome Broken = new() { HttpStatus = 500, Result = "{}"u8.ToArray(), Error = "it broke", ErrorType = "Broken" };
    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "1"u8.ToArray() };

    private readonly EmbeddedTransport _stores = new(TimeProvider.System);
    private readonly string _name = $"q{Guid.NewGuid():N}";
    private ITaskStore? _store;
    private IJobQueue? _queue;
    private HandedOverMessages? _messages;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ITaskStore Store => _store!;

    private IJobQueue Queue => _queue!;

    private HandedOverMessages Messages => _messages!;

    public async ValueTask InitializeAsync()
    {
        // So short a timeout of the broker asks for a hand-over at once; its own is half an hour.
        var options = new QueueOptions
        {
            Url = QueueUrl.Parse($"{server.Url}?queue={_name}"), ConsumerTimeout = TimeSpan.FromMilliseconds(2), Endpoint = "/train",
        };
        _queue = Rabbit.Queue(server, _name, _ => options);
        _store = _stores.Create(QueueUrl.Parse("memory:"));
        await _store.OpenAsync(Stop);
        _messages = new HandedOverMessages(_queue, _store, options, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        await _stores.DisposeAsync();
    }

    [Fact]
    public async Task A_call_that_is_handed_over_is_the_stores_alone()
    {
        var lease = await HandOverAsync(new QueueMessage { Body = "{}"u8.ToArray(), Priority = 2 });

        var record = (await Store.GetAsync(lease.Message.Id, Stop)).ShouldNotBeNull();
        (record.Status, record.Endpoint, record.Priority).ShouldBe((TaskState.Running, "/train", 2));
        record.LeaseExpiresAt.ShouldNotBeNull();
        (await Messages.RenewAsync([lease], Lease, Stop)).ShouldBe([LeaseState.Held]);
        (await Store.GetAsync(lease.Message.Id, Stop))!.LeaseExpiresAt.ShouldNotBeNull().ShouldBeGreaterThan(record.LeaseExpiresAt.Value);
        (await Queue.CompleteAsync(lease, Done, Stop)).ShouldBeTrue();
        await DisposeQueueAsync();
        (await CountAsync()).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_worker_that_dies_after_the_hand_over_loses_nothing()
    {
        var lease = await HandOverAsync(new QueueMessage { Body = "{\"a\":1}"u8.ToArray(), IdempotencyKey = "once", Caller = "someone" });

        await Until.TrueAsync(async () => (await Store.SweepAsync(10, Stop)).Count > 0, "the lease ended");
        (await Messages.RenewAsync([lease], Lease, Stop)).ShouldBe([LeaseState.Lost]);
        (await Messages.RecoverAsync(Lease, Stop)).ShouldBe(1);
        (await Messages.RecoverAsync(Lease, Stop)).ShouldBe(0);

        var again = (await TakeAsync()).Message;
        (again.Id, again.Attempt, again.Caller).ShouldBe((lease.Message.Id, 1, "someone"));
        again.Body.ToArray().ShouldBe("{\"a\":1}"u8.ToArray());
    }

    [Fact]
    public async Task A_call_that_fails_after_the_hand_over_is_tried_again()
    {
        var lease = await HandOverAsync(new QueueMessage { Body = "{}"u8.ToArray() });

        (await Queue.RetryAsync(lease, Broken, TimeSpan.Zero, Stop)).ShouldBeTrue();

        var again = await TakeAsync();
        (again.Message.Id, again.Message.Attempt).ShouldBe((lease.Message.Id, 2));
    }

    [Fact]
    public async Task A_call_that_fails_for_good_after_the_hand_over_is_a_dead_letter()
    {
        var lease = await HandOverAsync(new QueueMessage { Body = "{}"u8.ToArray() });

        (await Queue.DeadLetterAsync(lease, Broken, Stop)).ShouldBeTrue();

        (await Queue.ListDeadLettersAsync(10, null, Stop)).Letters.Single().Error.ShouldBe("it broke");
    }

    [Fact]
    public async Task A_call_that_is_given_back_after_the_hand_over_comes_at_once()
    {
        var lease = await HandOverAsync(new QueueMessage { Body = "{}"u8.ToArray() });

        await Queue.ReleaseAsync(lease, Stop);

        (await TakeAsync()).Message.Id.ShouldBe(lease.Message.Id);
    }

    private async Task<QueueLease> HandOverAsync(QueueMessage message)
    {
        await Queue.PutAsync([message], Stop);
        var lease = await TakeAsync();
        await Until.TrueAsync(
            async () => await Messages.RenewAsync([lease], Lease, Stop) is [LeaseState.Held]
                && (await Store.GetAsync(lease.Message.Id, Stop))?.LeaseExpiresAt is not null,
            "the call was handed over");
        return lease;
    }

    private async Task<QueueLease> TakeAsync()
    {
        IReadOnlyList<QueueLease> leases = [];
        await Until.TrueAsync(async () => (leases = await Queue.ReceiveAsync(1, Lease, Stop)).Count > 0, "a message came");
        return leases.Single();
    }

    private async Task DisposeQueueAsync() => await Queue.DisposeAsync();

    private async Task<(long Depth, long DeadLetters)> CountAsync()
    {
        await using var other = Rabbit.Queue(server, _name);
        var status = await other.InspectAsync(Stop);
        return (status.Depth, status.DeadLetters);
    }
}
