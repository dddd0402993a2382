using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Drops the records that are kept no longer.</summary>
internal sealed class Janitor(
    ITaskStore store, TaskActivation activation, TaskSettings settings, TimeProvider time, ILogger<Janitor> logger)
    : BackgroundLoop(activation, settings.PurgeInterval, time, logger)
{
    protected override Task TurnAsync(CancellationToken cancellationToken) => store.PurgeAsync(
        new TaskRetention(settings.Extra.TaskRetention, settings.Extra.FailedRetention), cancellationToken);
}
