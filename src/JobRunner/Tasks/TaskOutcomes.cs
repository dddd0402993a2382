using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Stores how runs ended. A store that is away is waited for: the outcome stays in memory until it is kept, or
/// the lease is somebody else's.</summary>
internal sealed partial class TaskOutcomes(
    ITaskStore store, Webhooks webhooks, TaskSettings settings, JobInstruments instruments, TimeProvider time, ILogger<TaskOutcomes> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Ends a run: with its outcome, another attempt, or its task given back.</summary>
    public async Task StoreAsync(RunningTasks.Run run, TaskRun result)
    {
        if (run.IsLost)
        {
            Fenced(logger, run.Lease.TaskId);
            return;
        }

        if (result.WasCancelled)
        {
            await ReleaseAsync(run.Lease);
            if (await EndOfAsync(run.Lease) is { } cancelled)
                Ended(cancelled);
            return;
        }

        var record = await TryAsync(run, () => WriteAsync(run.Lease, result.Outcome));
        if (record is null)
            Fenced(logger, run.Lease.TaskId);
        else if (record.Status.IsFinished())
            Ended(record);
    }

    /// <summary>Gives a task back; where the store is away, its lease runs out.</summary>
    public async Task ReleaseAsync(TaskLease lease)
    {
        try
        {
            await store.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (TaskStoreException exception)
        {
            Waiting(logger, lease.TaskId, exception.Message);
        }
    }

    /// <summary>Tells metrics and webhook of a task that is finished, however it came to that.</summary>
    public void Ended(TaskRecord record)
    {
        // Other queues are counted by whoever works on them.
        if (record.Queue == NewTask.HttpQueue)
        {
            var duration = record.EndedAt - record.StartedAt ?? TimeSpan.Zero;
            instruments.Queues.Add(record.Queue).Ended(record.Status.Name(), duration);
        }

        webhooks.Send(record);
    }

    // One that was told to stop is not given back, but ends as cancelled.
    private async Task<TaskRecord?> EndOfAsync(TaskLease lease)
    {
        try
        {
            var record = await store.GetAsync(lease.TaskId, CancellationToken.None);
            return record is { Status: TaskState.Cancelled } && record.FencingToken == lease.FencingToken ? record : null;
        }
        catch (TaskStoreException)
        {
            // The sweeper finds it when the lease has run out.
            return null;
        }
    }

    private Task<TaskRecord?> WriteAsync(TaskLease lease, TaskOutcome outcome)
    {
        if (!outcome.IsRetryable || lease.Attempt >= lease.Record.MaxAttempts)
            return store.FinishAsync(lease, outcome, CancellationToken.None);
        var delay = RetryDelay.After(lease.Attempt, settings.RetryDelay, settings.MaxRetryDelay);
        return store.RetryAsync(lease, outcome, delay, CancellationToken.None);
    }

    private async Task<TaskRecord?> TryAsync(RunningTasks.Run run, Func<Task<TaskRecord?>> write)
    {
        var pause = FirstPause;
        while (!run.IsLost)
        {
            try
            {
                return await write();
            }
            catch (TaskStoreException exception)
            {
                Waiting(logger, run.Lease.TaskId, exception.Message);
            }

            await Task.Delay(pause, time, CancellationToken.None);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {Task} ended here, but its lease was lost: the outcome does not count")]
    private static partial void Fenced(ILogger logger, string task);

    [LoggerMessage(Level = LogLevel.Error, Message = "The outcome of task {Task} waits for the store: {Reason}")]
    private static partial void Waiting(ILogger logger, string task, string reason);
}
