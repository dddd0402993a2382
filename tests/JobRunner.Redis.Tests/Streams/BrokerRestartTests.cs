using System.Collections.Concurrent;
using JobRunner.Redis.Streams;

namespace JobRunner.Redis.Tests.Streams;

/// <summary>The server goes away and comes back while messages are put and worked on.</summary>
public sealed class BrokerRestartTests
{
    private const int Messages = 2000;
    private const int Restarts = 4;

    private readonly ConcurrentDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> _accepted = [];
    private volatile bool _isOver;

    // With everysec Redis answers up to two seconds before it writes while an earlier fsync lasts; a kill loses that.
    [Fact]
    public Task No_accepted_message_is_lost_when_a_broker_that_always_syncs_is_killed() =>
        NothingIsLostAsync("always", server => server.KillAsync());

    [Fact]
    public Task No_accepted_message_is_lost_when_a_broker_that_syncs_every_second_is_stopped() =>
        NothingIsLostAsync("everysec", server => server.StopAsync());

    private async Task NothingIsLostAsync(string sync, Func<RedisServer, Task> end)
    {
        await using var server = new RedisServer("--appendfsync", sync);
        await server.InitializeAsync();
        var working = Enumerable.Range(0, 3).Select(i => WorkAsync(server, $"worker-{i}")).ToList();
        var putting = PutAllAsync(server);
        for (var restart = 1; restart <= Restarts; restart++)
        {
            await Until.TrueAsync(() => _done.Count >= restart * Messages / (Restarts + 2), "the workers have got on");
            await end(server);
            await server.StartAsync();
        }

        await putting;
        await Until.TrueAsync(() => _accepted.All(_done.ContainsKey), "everything accepted is done");
        await using var queue = StreamQueues.Of(server, "jobs", "inspector");
        await Until.TrueAsync(async () => (await queue.InspectAsync(CancellationToken.None)).Depth == 0, "no copy waits");
        _isOver = true;
        await Task.WhenAll(working);

        _accepted.Count.ShouldBe(Messages);
        (await queue.InspectAsync(CancellationToken.None)).DeadLetters.ShouldBe(0);
    }

    // Whoever is told of no success tries again, with the same id.
    private async Task PutAllAsync(RedisServer server)
    {
        await using var queue = StreamQueues.Of(server, "jobs", "client");
        for (var i = 0; i < Messages / 10; i++)
        {
            var batch = Enumerable.Range(0, 10).Select(_ => StreamQueues.Message("{}")).ToList();
            await InsistAsync(() => queue.PutAsync(batch, CancellationToken.None));
            foreach (var message in batch) _accepted.Add(message.Id);
        }
    }

    private async Task WorkAsync(RedisServer server, string name)
    {
        await using var queue = StreamQueues.Of(server, "jobs", name);
        while (!_isOver)
        {
            IReadOnlyList<QueueLease> leases;
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                leases = await queue.ReceiveAsync(8, TimeSpan.FromSeconds(2), patience.Token);
            }
            catch (QueueUnavailableException)
            {
                continue;
            }

            await Task.WhenAll(leases.Select(async lease =>
            {
                _done.AddOrUpdate(lease.Message.Id, 1, (_, count) => count + 1);
                await InsistAsync(() => queue.CompleteAsync(lease));
            }));
        }
    }

    private static async Task InsistAsync(Func<Task> call)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (QueueUnavailableException)
            {
                await Task.Yield();
            }
        }
    }
}
