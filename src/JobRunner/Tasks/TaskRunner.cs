using JobRunner.Execution;
using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Takes tasks that wait and runs them, never more than the gate lets start. On a stop it takes no more, lets
/// the running ones finish, and gives back those that do not.</summary>
internal sealed partial class TaskRunner(
    ServedJob served,
    CallGate gate,
    ITaskStore store,
    TaskExecution execution,
    RunningTasks running,
    TaskOutcomes outcomes,
    TaskActivation activation,
    TaskSettings settings,
    JobInstruments instruments,
    TimeProvider time,
    ILogger<TaskRunner> logger) : IHostedLifecycleService, IDisposable
{
    private const int MaxClaim = 16;

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RestAfterTrouble = TimeSpan.FromSeconds(1);

    /// <summary>Time for jobs to notice that their token is cancelled, before their tasks are given back.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly QueueGate _places = new(gate, gate.MaxConcurrency ?? settings.UncappedConcurrency);
    private Task _loop = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var run in running.All)
            run.Stop();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LastWords);
        while (!running.IsEmpty && !patience.IsCancellationRequested)
            await Task.Delay(10, CancellationToken.None);
        foreach (var run in running.All)
        {
            await outcomes.ReleaseAsync(run.Lease);
            GivenBack(logger, run.Lease.TaskId);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A host may be disposed without a stop, or while somebody else stops it: the source holds nothing but its token.
    public void Dispose() => _stopping.Cancel();

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        await activation.WaitAsync(time, cancellationToken);
        await served.WhenReady.WaitAsync(cancellationToken);
        using var watch = store.Changes.WatchQueue(NewTask.HttpQueue);
        string? lastTrouble = null;
        while (true)
        {
            try
            {
                if (!await TakeAsync(cancellationToken))
                    await RestAsync(watch, cancellationToken);
                lastTrouble = null;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (exception.Message != lastTrouble)
                    CannotTake(logger, exception.Message);
                lastTrouble = exception.Message;
                await Task.Delay(RestAfterTrouble, time, cancellationToken);
            }
        }
    }

    private async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        using var places = await _places.ReserveAsync(MaxClaim, cancellationToken);
        var claim = new TaskClaim(NewTask.HttpQueue, places.Count, settings.LeaseDuration);
        var leases = await store.ClaimAsync(claim, cancellationToken);
        instruments.Queues.Add(NewTask.HttpQueue).Fetched();
        foreach (var lease in leases)
        {
            if (places.TryConfirm() is { } place)
                _ = RunAsync(running.Add(lease), place);
            else
                await outcomes.ReleaseAsync(lease);
        }

        return leases.Count > 0;
    }

    private async Task RestAsync(TaskWatch watch, CancellationToken cancellationToken)
    {
        var status = await store.InspectAsync(NewTask.HttpQueue, cancellationToken);
        if (status is { Depth: > 0, IsPaused: false })
            return;
        var rest = status.NextDueAt is { } due && due - time.GetUtcNow() is var left && left < LongestRest
            ? left
            : LongestRest;
        if (rest <= TimeSpan.Zero)
            return;
        using var alarm = new CancellationTokenSource(rest, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(alarm.Token, cancellationToken);
        await watch.WaitAsync(linked.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task RunAsync(RunningTasks.Run run, GatePlace place)
    {
        var record = run.Lease.Record;
        var queue = instruments.Queues.Add(record.Queue);
        queue.Started(time.GetUtcNow() - (record.NotBefore ?? record.CreatedAt));
        try
        {
            if (record.Deadline < time.GetUtcNow())
            {
                place.Release();
                await outcomes.StoreAsync(run, TaskRun.Ended(TaskFailures.Expired()));
                return;
            }

            var feed = new TaskFeed(store, run.Lease);
            var result = await Task.Run(() => execution.RunAsync(
                record, run.Lease.Attempt, settings.Extra.TaskTimeout, place, feed, run.Token));
            await feed.FlushAsync();
            await outcomes.StoreAsync(run, result);
        }
        catch (Exception exception)
        {
            RunFailed(logger, exception, record.Id);
        }
        finally
        {
            running.Remove(run);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Tasks cannot be taken: {Reason}")]
    private static partial void CannotTake(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {Task} had not ended when the host stopped; it was given back")]
    private static partial void GivenBack(ILogger logger, string task);

    [LoggerMessage(Level = LogLevel.Error, Message = "The outcome of task {Task} could not be stored")]
    private static partial void RunFailed(ILogger logger, Exception exception, string task);
}
