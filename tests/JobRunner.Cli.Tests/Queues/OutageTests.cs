using System.Text.RegularExpressions;
using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>
/// Four worker processes, one of which is killed each second, while the broker restarts and the network between them fails.
/// <c>JOBRUNNER_OUTAGES=long</c>: 2,000 tasks, two restarts, the network cut for 10 s, then silent for 10 s.
/// </summary>
public sealed partial class OutageTests : IDisposable
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("JOBRUNNER_OUTAGES") == "long";
    private static readonly int Tasks = IsLong ? 2000 : 300;
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(IsLong ? 10 : 2);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(IsLong ? 5 : 2);

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = DocumentedCommands.FreePort();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };
    private int _outages;

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public Task Redis_loses_nothing_and_health_names_the_queue_while_it_is_down() => NothingIsLostAsync("redis");

    [Fact]
    public Task JetStream_loses_nothing_and_health_names_the_queue_while_it_is_down() => NothingIsLostAsync("nats");

    [Fact]
    public Task RabbitMQ_loses_nothing_and_health_names_the_queue_while_it_is_down() => NothingIsLostAsync("rabbitmq");

    private async Task NothingIsLostAsync(string kind)
    {
        await using var broker = await Broker.StartOwnAsync(kind, _folder);
        await using var network = Network.To(broker.Port);
        var tasks = await PutTasks.PutAsync(broker, _folder, Tasks);
        await using var fleet = new Fleet(_folder, broker.UrlAt(network.Port, "visibility_timeout=3s"), milliseconds: 300, _port);
        fleet.BeginToKill();

        await WorkedOffAsync(fleet, 10);
        await OutageAsync(fleet, broker.StopAsync, TimeSpan.Zero, broker.StartAgainAsync);
        await WorkedOffAsync(fleet, 30);
        await OutageAsync(fleet, Now(network.Cut), Cut, Now(network.Restore));
        if (IsLong)
        {
            await WorkedOffAsync(fleet, 50);
            await OutageAsync(fleet, broker.KillAsync, TimeSpan.Zero, broker.StartAgainAsync);
            await WorkedOffAsync(fleet, 70);
            await OutageAsync(fleet, Now(network.Swallow), Cut, Now(network.Restore));
        }

        await WorkedOffAsync(fleet, 90);
        await fleet.EndToKillAsync();
        await tasks.AllEndWellAsync(Patience);

        // Each kill interrupts what one worker has in its places, each outage what all have.
        var runs = fleet.Runs;
        var repeats = runs.Count - Tasks;
        Note($"{kind}: {Tasks} tasks, {fleet.Kills} kills, {_outages} outages, {repeats} repeats");
        runs.Distinct().Count().ShouldBe(Tasks);
        repeats.ShouldBeLessThanOrEqualTo((fleet.Kills + (_outages * Fleet.Workers)) * Fleet.Places);
    }

    // What a worker says tells why, where it does not come to be.
    private async Task HealthBecomesAsync(string state, Fleet fleet)
    {
        try
        {
            await Eventually.IsTrueAsync(() => IsAsync(state), Patience);
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException($"The queue was never told to be {state}: {fleet.First.Output}", exception);
        }
    }

    private static Func<Task> Now(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static Task WorkedOffAsync(Fleet fleet, int percent) => Eventually.IsTrueAsync(
        () => Task.FromResult(fleet.Runs.Distinct().Count() >= Tasks * percent / 100), Patience);

    private async Task OutageAsync(Fleet fleet, Func<Task> begin, TimeSpan length, Func<Task> end)
    {
        await fleet.SpareFirstAsync(isSpared: true);
        await HealthBecomesAsync("up", fleet);
        var witness = fleet.First.Id;
        await begin();
        await HealthBecomesAsync("down", fleet);

        // One more worker comes while there is nothing to connect to.
        await fleet.KillNextAsync();
        await Task.Delay(length, TestContext.Current.CancellationToken);
        await end();
        await HealthBecomesAsync("up", fleet);
        fleet.First.Id.ShouldBe(witness);
        await fleet.SpareFirstAsync(isSpared: false);
        _outages++;
        Note($"{_outages} outages, {fleet.Runs.Count} runs, {fleet.Kills} kills");
    }

    private static void Note(string text) => TestContext.Current.TestOutputHelper?.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");

    private async Task<bool> IsAsync(string state)
    {
        try
        {
            var health = await _client.GetStringAsync($"http://127.0.0.1:{_port}/health");
            return Queue().Match(health).Groups["state"].Value == state;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    [GeneratedRegex("\"queues\":\\{\"(jobs|JOBS)\":\"(?<state>up|down)\"\\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Queue();
}
