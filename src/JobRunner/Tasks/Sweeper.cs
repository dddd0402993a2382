using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Finds tasks whose worker has died, and lets them run again.</summary>
internal sealed partial class Sweeper(
    ITaskStore store, TaskOutcomes outcomes, TaskActivation activation, TaskSettings settings, TimeProvider time, ILogger<Sweeper> logger)
    : BackgroundLoop(activation, settings.SweepInterval, time, logger)
{
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        foreach (var record in await store.SweepAsync(settings.Extra.MaxInterruptions, cancellationToken))
        {
            if (record.Status == TaskState.Failed)
                Lost(logger, record.Id, record.Interruptions);
            else
                Found(logger, record.Id, record.Interruptions, record.Status.Name());
            if (record.Status.IsFinished())
                outcomes.Ended(record);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {Task} lost its worker, interruption {Count}; it is {Status} now")]
    private static partial void Found(ILogger logger, string task, int count, string status);

    [LoggerMessage(Level = LogLevel.Error, Message = "Task {Task} is given up as lost after {Count} interruptions")]
    private static partial void Lost(ILogger logger, string task, int count);
}
