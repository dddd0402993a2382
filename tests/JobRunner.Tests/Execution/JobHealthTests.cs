using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Execution;

/// <summary>A job's own health check, which may hang.</summary>
public sealed class JobHealthTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task While_a_check_hangs_probes_are_answered_at_once_and_no_second_one_is_begun()
    {
        using var job = new Ill();
        var health = HealthOf(job);
        var first = health.CheckAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => job.Entered == 1, "the check was not begun");
        _time.Advance(TimeSpan.FromSeconds(5));
        (await Eventually.Ends(first)).ShouldNotBeNull().ShouldContain("no answer within 5 s");

        for (var probe = 0; probe < 100; probe++)
        {
            var answer = health.CheckAsync(CancellationToken.None);
            answer.IsCompletedSuccessfully.ShouldBeTrue();
            (await answer).ShouldNotBeNull().ShouldContain("no answer within 5 s");
        }

        job.Entered.ShouldBe(1);
    }

    [Fact]
    public async Task Probes_that_come_together_share_one_check()
    {
        using var job = new Ill();
        var health = HealthOf(job);
        var probes = Enumerable.Range(0, 20).Select(_ => health.CheckAsync(CancellationToken.None)).ToList();
        await Eventually.TrueAsync(() => job.Entered == 1, "the check was not begun");
        job.Recover();

        foreach (var probe in probes)
            (await Eventually.Ends(probe)).ShouldBeNull();
        job.Entered.ShouldBe(1);
    }

    [Fact]
    public async Task A_check_that_has_come_back_is_asked_again()
    {
        using var job = new Ill();
        var health = HealthOf(job);
        var first = health.CheckAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => job.Entered == 1, "the check was not begun");
        _time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.Ends(first);

        job.Recover();

        await Eventually.TrueAsync(async () => await health.CheckAsync(CancellationToken.None) is null, "the job did not become well");
    }

    [Fact]
    public async Task A_probe_that_leaves_does_not_end_the_check_of_the_others()
    {
        using var job = new Ill();
        var health = HealthOf(job);
        using var leaving = new CancellationTokenSource();
        var gone = health.CheckAsync(leaving.Token);
        var staying = health.CheckAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => job.Entered == 1, "the check was not begun");

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => gone);
        job.Recover();
        (await Eventually.Ends(staying)).ShouldBeNull();
    }

    private JobHealth HealthOf(object job)
    {
        var served = new ServedJob();
        var definition = JobDefinition.Create(job);
        served.SetLoaded(new LoadedJob(job, definition, new ServiceCollection().BuildServiceProvider()), pipeline: null!);
        return new JobHealth(served, _time);
    }

    /// <summary>Blocks its caller, whatever its token says.</summary>
    internal sealed class Ill : IDisposable
    {
        private readonly ManualResetEventSlim _well = new();
        private int _entered;

        public int Entered => _entered;

        public int Perform() => 1;

        public Task<bool> CheckHealthAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _entered);
            _well.Wait(CancellationToken.None);
            return Task.FromResult(true);
        }

        public void Recover() => _well.Set();

        public void Dispose() => _well.Set();
    }
}
