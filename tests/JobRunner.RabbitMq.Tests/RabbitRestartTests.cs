using System.Text;

namespace JobRunner.RabbitMq.Tests;

/// <summary>A broker that goes away and comes back; it is this class's own.</summary>
public sealed class RabbitRestartTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "1"u8.ToArray() };

    private readonly RabbitServer _server = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Nothing_is_lost_when_the_broker_restarts_while_messages_are_put_taken_and_delayed()
    {
        const int count = 300;
        await using var putter = Rabbit.Queue(_server, "restarted");
        await using var worker = Rabbit.Queue(_server, "restarted");
        await putter.PutAsync([Message("held")], Stop);
        var held = (await AwayAsync(() => worker.ReceiveAsync(1, Lease, Stop))).Single();
        await putter.PutAsync([Message("scheduled") with { NotBefore = DateTimeOffset.UtcNow.AddSeconds(1) }], Stop);
        var outcomes = new HashSet<string>(StringComparer.Ordinal);
        var putting = PutAllAsync(putter, count);
        var working = WorkUntilAsync(worker, outcomes, count + 2);
        await Until.TrueAsync(() => Task.FromResult(Volatile.Read(ref _put) > 20), "some were put");

        await _server.StopAsync();
        (await worker.RenewAsync([held], Lease, Stop)).ShouldBe([LeaseState.Lost]);
        (await worker.CompleteAsync(held, Done, Stop)).ShouldBeFalse();
        var error = await Should.ThrowAsync<QueueUnavailableException>(() => putter.InspectAsync(Stop));
        error.Message.ShouldContain($"127.0.0.1:{_server.Port}");
        await _server.StartAsync();

        await putting;
        await working;
        outcomes.ShouldBe([.. Enumerable.Range(0, count).Select(number => $"{number}"), "held", "scheduled"], ignoreOrder: true);
    }

    private int _put;

    private static QueueMessage Message(string body) => new() { Body = Encoding.UTF8.GetBytes(body) };

    private async Task PutAllAsync(IJobQueue queue, int count)
    {
        for (var number = 0; number < count; number++)
        {
            // Whether a put that failed arrived all the same nobody knows: the same id makes it one task.
            var message = Message($"{number}");
            await AwayAsync(() => queue.PutAsync([message], Stop));
            Interlocked.Increment(ref _put);
        }
    }

    private static async Task WorkUntilAsync(IJobQueue queue, HashSet<string> outcomes, int count)
    {
        while (outcomes.Count < count)
        {
            foreach (var lease in await AwayAsync(() => queue.ReceiveAsync(8, Lease, Stop)))
            {
                outcomes.Add(Encoding.UTF8.GetString(lease.Message.Body.Span));
                await queue.CompleteAsync(lease, Done, Stop);
            }
        }
    }

    private static async Task<T> AwayAsync<T>(Func<Task<T>> call)
    {
        using var expiry = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        expiry.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            try
            {
                return await call();
            }
            catch (QueueUnavailableException)
            {
                await Task.Delay(100, expiry.Token);
            }
        }
    }
}
