using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>Looks at the queue from outside: tells the metrics what waits, and restarts a consumer that brings nothing
/// although something waits.</summary>
internal sealed partial class Watchdog(WorkedQueue worked, Fetcher fetcher, BrokerLink link) : IDisposable
{
    /// <summary>How often the queue is asked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long a consumer may bring nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private long _wellSince = worked.Time.GetTimestamp();

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
        do
        {
            try
            {
                // Before the first connection there is nothing to ask.
                if (fetcher.IsConnected)
                    await LookAsync(cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                link.Down(BrokerDuty.Inspect, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var status = await worked.Queue.InspectAsync(cancellationToken);
        link.Up(BrokerDuty.Inspect);

        // All places may be taken for hours: no fetch would tell that the broker is back.
        if (!fetcher.IsAsking)
            link.Up(BrokerDuty.Fetch);
        var now = worked.Time.GetTimestamp();
        worked.Instruments.Waiting(
            status.Depth, status.OldestAt is { } oldest ? worked.Time.GetUtcNow() - oldest : null);
        if (status.Depth == 0 || status.IsPaused || !fetcher.IsAsking)
            _wellSince = now;
        else if (fetcher.LastMessage > _wellSince)
            _wellSince = fetcher.LastMessage;
        if (worked.Time.GetElapsedTime(_wellSince, now) < Patience)
            return;
        Restarting(worked.Logger, worked.Name, status.Depth, Patience.TotalSeconds);
        await fetcher.RestartAsync();
        _wellSince = worked.Time.GetTimestamp();
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Queue}: {Count} messages wait, but none came for {Seconds} s; the consumer is restarted")]
    private static partial void Restarting(ILogger logger, string queue, long count, double seconds);
}
