using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>Renews the leases of what runs, at a third of their time, however long it runs.</summary>
internal sealed partial class LeaseKeeper(WorkedQueue worked, RunningMessages running, BrokerLink link) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    // A hand-over is due at the latest in the middle of the broker's patience; several looks fit into the rest.
    private TimeSpan Interval
    {
        get
        {
            var (renewal, look) = (worked.Options.VisibilityTimeout / 3, worked.Options.ConsumerTimeout / 6);
            return worked.HandedOver is not null && look < renewal ? look : renewal;
        }
    }

    public void Start() => _loop = Task.Run(() => LoopAsync(_stopping.Token));

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, worked.Time);
        var backOff = new BackOff(worked.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            while (!await TryRenewAsync(cancellationToken))
                await backOff.PauseAsync(cancellationToken);
            backOff.Reset();
        }
    }

    private async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        var runs = running.All;
        try
        {
            if (worked.HandedOver is { } handedOver)
                await handedOver.RecoverAsync(worked.Options.VisibilityTimeout, cancellationToken);
            if (runs.Count == 0)
            {
                link.Up(BrokerDuty.Renew);
                return true;
            }

            // A broker that does not answer must not keep the next renewal from being tried.
            await RenewAsync(worked, runs, cancellationToken).WaitAsync(worked.Options.VisibilityTimeout / 3, worked.Time, cancellationToken);
            link.Up(BrokerDuty.Renew);
            foreach (var run in runs.Where(run => run.IsLost))
                Lost(worked.Logger, worked.Name, run.Message.Id);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            link.Down(BrokerDuty.Renew, exception);
            return false;
        }
    }

    /// <summary>Renews leases and tells the runs what became of theirs.</summary>
    public static async Task RenewAsync(
        WorkedQueue worked, IReadOnlyList<MessageRun> runs, CancellationToken cancellationToken)
    {
        var now = worked.Time.GetTimestamp();
        IReadOnlyList<QueueLease> leases = [.. runs.Select(run => run.Lease)];
        var states = worked.HandedOver is { } handedOver
            ? await handedOver.RenewAsync(leases, worked.Options.VisibilityTimeout, cancellationToken)
            : await worked.Queue.RenewAsync(leases, worked.Options.VisibilityTimeout, cancellationToken);
        foreach (var (run, state) in runs.Zip(states))
        {
            run.RenewedAt = now;
            if (state == LeaseState.Lost)
                run.Lose();
            else if (state == LeaseState.Cancelling)
                run.Cancel();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Queue}: the lease on message {Message} is lost; its run is cancelled")]
    private static partial void Lost(ILogger logger, string queue, string message);
}
