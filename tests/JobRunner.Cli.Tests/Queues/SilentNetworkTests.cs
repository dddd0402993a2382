namespace JobRunner.Cli.Tests.Queues;

/// <summary>Connections that stay and carry nothing any more, as behind a router that has lost its memory.</summary>
public sealed class SilentNetworkTests : IDisposable
{
    private const int Tasks = 60;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("redis")]
    [InlineData("nats")]
    [InlineData("rabbitmq")]
    public async Task Workers_give_them_up_and_lose_nothing(string kind)
    {
        await using var broker = await Broker.StartOwnAsync(kind, _folder);
        await using var network = Network.To(broker.Port);
        var tasks = await PutTasks.PutAsync(broker, _folder, Tasks);
        await using var fleet = new Fleet(_folder, broker.UrlAt(network.Port, "visibility_timeout=3s"), milliseconds: 800);
        await Eventually.IsTrueAsync(() => Task.FromResult(fleet.Runs.Count >= Tasks / 3));

        network.Swallow();
        network.Restore();

        try
        {
            await tasks.AllEndWellAsync(TimeSpan.FromMinutes(3));
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException($"{fleet.Runs.Distinct().Count()} of {Tasks} ran. {fleet.First.Output}", exception);
        }

        fleet.Runs.Distinct().Count().ShouldBe(Tasks);

        // What was lent goes once more to a connection that carries nothing, before that is given up.
        (fleet.Runs.Count - Tasks).ShouldBeLessThanOrEqualTo(2 * Fleet.Workers * Fleet.Places);
    }
}
