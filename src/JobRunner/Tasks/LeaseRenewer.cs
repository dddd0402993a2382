using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Keeps the leases of this process's runs, however long they take.</summary>
internal sealed class LeaseRenewer(
    ITaskStore store, RunningTasks running, TaskActivation activation, TaskSettings settings, TimeProvider time,
    ILogger<LeaseRenewer> logger)
    : BackgroundLoop(activation, settings.LeaseDuration / 3, time, logger)
{
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var runs = running.All;
        if (runs.Count == 0)
            return;
        var states = await store.RenewAsync([.. runs.Select(run => run.Lease)], settings.LeaseDuration, cancellationToken);
        foreach (var (run, state) in runs.Zip(states))
        {
            if (state == LeaseState.Lost)
                run.Lose();
            else if (state == LeaseState.Cancelling)
                run.Stop();
        }
    }
}
