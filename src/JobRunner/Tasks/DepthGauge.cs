using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Tells the metrics what waits, so that a scrape asks no store.</summary>
internal sealed class DepthGauge(
    ITaskStore store, JobInstruments instruments, TaskActivation activation, TimeProvider time, ILogger<DepthGauge> logger)
    : BackgroundLoop(activation, TimeSpan.FromSeconds(5), time, logger)
{
    private readonly TimeProvider _time = time;

    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var queue = instruments.Queues.Add(NewTask.HttpQueue);
        try
        {
            var status = await store.InspectAsync(NewTask.HttpQueue, cancellationToken);
            queue.Waiting(status.Depth, status.OldestAt is { } oldest ? _time.GetUtcNow() - oldest : null);
            queue.Up = true;
        }
        catch (TaskStoreException)
        {
            queue.Waiting(depth: null, oldest: null);
            queue.Up = false;
            throw;
        }
    }
}
