using System.Globalization;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Four worker processes, one of which is killed again and again while work goes on. <c>JOBRUNNER_KILLS</c> says how
/// often over 2,000 tasks of every queue; each kill costs the start of a process.</summary>
public sealed class KilledWorkerTests : IDisposable
{
    private static readonly int? KillsAskedFor =
        int.TryParse(Environment.GetEnvironmentVariable("JOBRUNNER_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : null;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sqlite", 2000, 8)]
    [InlineData("redis", 500, 3)]
    [InlineData("nats", 500, 3)]
    [InlineData("rabbitmq", 500, 3)]
    public async Task No_task_is_lost_and_repeats_are_those_of_killed_workers(string kind, int count, int kills)
    {
        if (KillsAskedFor is { } asked)
            (count, kills) = (2000, asked);
        await using var broker = await Broker.StartAsync(kind, _folder);
        var tasks = await PutTasks.PutAsync(broker, _folder, count);

        await using var fleet = new Fleet(_folder, broker.With("visibility_timeout=3s"), milliseconds: 55);

        // What was worked off tells that work is going on; a clock would not.
        for (var kill = 1; kill <= kills; kill++)
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(fleet.Runs.Count >= count * kill / (kills + 2)), TimeSpan.FromMinutes(2));
            await fleet.KillNextAsync();
        }

        await tasks.AllEndWellAsync(TimeSpan.FromMinutes(2));

        // A killed worker had at most its places full; what it had begun ran again elsewhere.
        var runs = fleet.Runs;
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {count} tasks, {fleet.Kills} kills, {runs.Count - count} repeats");
        runs.Distinct().Count().ShouldBe(count);
        fleet.Kills.ShouldBe(kills);
        (runs.Count - count).ShouldBeLessThanOrEqualTo(fleet.Kills * Fleet.Places);
    }
}
