using System.Collections.Concurrent;
using JobRunner.Redis.Streams;

namespace JobRunner.Redis.Tests.Streams;

/// <summary>The server is killed while messages are put and worked on.</summary>
public sealed class BrokerRestartTests : IAsyncLifetime
{
    private const int Messages = 2000;
    private const int Kills = 4;

    private readonly RedisServer _server = new();
    private readonly ConcurrentDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> _accepted = [];
    private volatile bool _isOver;

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task No_accepted_message_is_lost_when_the_broker_is_killed()
    {
        var working = Enumerable.Range(0, 3).Select(i => WorkAsync($"worker-{i}")).ToList();
        var putting = PutAllAsync();
        for (var kill = 1; kill <= Kills; kill++)
        {
            await Until.TrueAsync(() => _done.Count >= kill * Messages / (Kills + 2), "the workers have got on");
            await _server.KillAsync();
            await _server.StartAsync();
        }

        await putting;
        await Until.TrueAsync(() => _accepted.All(_done.ContainsKey), "everything accepted is done");
        _isOver = true;
        await Task.WhenAll(working);

        _accepted.Count.ShouldBe(Messages);
        await using var queue = StreamQueues.Of(_server, "jobs", "inspector");
        var status = await queue.InspectAsync(CancellationToken.None);
        (status.Depth, status.DeadLetters).ShouldBe((0, 0));
    }

    // Whoever is told of no success tries again, with the same id.
    private async Task PutAllAsync()
    {
        await using var queue = StreamQueues.Of(_server, "jobs", "client");
        for (var i = 0; i < Messages / 10; i++)
        {
            var batch = Enumerable.Range(0, 10).Select(_ => StreamQueues.Message("{}")).ToList();
            await InsistAsync(() => queue.PutAsync(batch, CancellationToken.None));
            foreach (var message in batch) _accepted.Add(message.Id);
        }
    }

    private async Task WorkAsync(string name)
    {
        await using var queue = StreamQueues.Of(_server, "jobs", name);
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
