using System.Globalization;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Four worker processes, one of which is killed again and again while work goes on. <c>JOBRUNNER_KILLS</c> says how
/// often; each kill costs the start of a process.</summary>
public sealed class KilledWorkerTests : IDisposable
{
    private const int Tasks = 2000;

    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("JOBRUNNER_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 8;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    [InlineData("nats")]
    [InlineData("rabbitmq")]
    public async Task No_task_is_lost_and_repeats_are_those_of_killed_workers(string kind)
    {
        await using var broker = await Broker.StartAsync(kind, _folder);
        var tasks = await PutTasks.PutAsync(broker, _folder, Tasks);

        await using var fleet = new Fleet(_folder, broker.With("visibility_timeout=3s"), milliseconds: 55);

        // What was worked off tells that work is going on; a clock would not.
        for (var kill = 1; kill <= Kills; kill++)
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(fleet.Runs.Count >= Tasks * kill / (Kills + 2)), TimeSpan.FromMinutes(2));
            await fleet.KillNextAsync();
        }

        await tasks.AllEndWellAsync(TimeSpan.FromMinutes(2));

        // A killed worker had at most its places full; what it had begun ran again elsewhere.
        var runs = fleet.Runs;
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {Tasks} tasks, {fleet.Kills} kills, {runs.Count - Tasks} repeats");
        runs.Distinct().Count().ShouldBe(Tasks);
        fleet.Kills.ShouldBe(Kills);
        (runs.Count - Tasks).ShouldBeLessThanOrEqualTo(fleet.Kills * Fleet.Places);
    }
}
