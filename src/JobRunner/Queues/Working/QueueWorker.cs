using JobRunner.Execution;
using JobRunner.Queues.Embedded;
using JobRunner.Tasks;
using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>The worker of one queue: its parts, and the order in which they start and stop.</summary>
internal sealed partial class QueueWorker : IAsyncDisposable
{
    /// <summary>Time for jobs to notice that their token is cancelled, before their messages are given back.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly WorkedQueue _worked;
    private readonly QueueGate _gate;
    private readonly RunningMessages _running;
    private readonly MessageRecords _records;
    private readonly OutcomeDelivery _outcomes;
    private readonly LeaseKeeper _leases;
    private readonly Fetcher _fetcher;
    private readonly Watchdog _watchdog;
    private readonly BrokerLink _link;

    public QueueWorker(WorkedQueue worked, CallGate gate, ServedJob served, TaskExecution execution, int maxConcurrency)
    {
        _worked = worked;
        _gate = new QueueGate(gate, maxConcurrency);
        _link = new BrokerLink(worked);
        _running = new RunningMessages(worked.Store.Changes);
        _records = new MessageRecords(worked);
        _outcomes = new OutcomeDelivery(worked, _records, _link);
        var runner = new MessageRunner(worked, served, execution, _running, _records, _outcomes);
        _leases = new LeaseKeeper(worked, _running, _link);
        _fetcher = new Fetcher(worked, _gate, _link, _outcomes, runner.Start);
        _watchdog = new Watchdog(worked, _fetcher, _link);
    }

    public string Name => _worked.Name;

    public bool IsUp => _link.IsUp;

    public void Start()
    {
        if (!_worked.Queue.IsDurable)
            AtMostOnce(_worked.Logger, _worked.Name);
        _leases.Start();
        _fetcher.Start();
        _watchdog.Start();
    }

    /// <summary>Fetches no more; what runs goes on.</summary>
    public async Task StopFetchingAsync(CancellationToken cancellationToken)
    {
        await _watchdog.StopAsync();
        await _fetcher.StopAsync(cancellationToken);
    }

    /// <summary>Fetches no more until <see cref="ResumeFetching"/>; what a fetch under way has taken is given back.</summary>
    public Task PauseFetchingAsync(CancellationToken cancellationToken) => _fetcher.StopAsync(cancellationToken);

    public void ResumeFetching() => _fetcher.Resume();

    /// <summary>Ends what still runs after the grace period, and gives back what does not end.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        foreach (var run in _running.All)
            run.Stop();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LastWords);
        while (!_running.IsEmpty && !patience.IsCancellationRequested)
            await Task.Delay(PollInterval, CancellationToken.None);
        await _outcomes.GiveUpAsync();
        await _leases.StopAsync();
        foreach (var run in _running.All)
            await TryReleaseAsync(run);
    }

    /// <summary>Waits until nothing runs that came.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (!_running.IsEmpty)
            await Task.Delay(PollInterval, cancellationToken);
    }

    /// <summary>Whether nothing runs, nothing waits that could, and no retry of this worker's own is still to come.</summary>
    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        if (!_link.IsUp || !_running.IsEmpty || _outcomes.LastRetryDue > _worked.Time.GetUtcNow())
            return false;
        try
        {
            return await _worked.Queue.InspectAsync(cancellationToken) is { Depth: 0 } && _running.IsEmpty
                && _outcomes.LastRetryDue <= _worked.Time.GetUtcNow();
        }
        catch (QueueUnavailableException exception)
        {
            _link.Down(BrokerDuty.Inspect, exception);
            return false;
        }
    }

    /// <summary>Asks the broker for a sign of life, where it holds messages whose records stand apart.</summary>
    /// <exception cref="QueueUnavailableException">It is away.</exception>
    public Task EnsureUpAsync(CancellationToken cancellationToken) =>
        _worked.Queue.Store is null ? _worked.Queue.InspectAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Puts the message of a record back: out of the dead letters, or anew where it is not among them.</summary>
    /// <exception cref="QueueUnavailableException">The broker is away.</exception>
    public async Task PutBackAsync(TaskRecord record, CancellationToken cancellationToken)
    {
        if (_worked.Queue.Store is null && await _worked.Queue.RetryDeadLettersAsync([record.Id], cancellationToken) == 0)
        {
            // Put anew: at once, with all its attempts, whatever its key.
            var message = StoreMessages.MessageOf(record) with { Attempt = 1, NotBefore = null, IdempotencyKey = null, FirstFailedAt = null };
            await _worked.Queue.PutAsync([message], cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _watchdog.StopAsync();
        await _fetcher.StopAsync(CancellationToken.None);
        await _leases.StopAsync();
        _running.Dispose();
        _watchdog.Dispose();
        _fetcher.Dispose();
        _leases.Dispose();
        _outcomes.Dispose();
        _gate.Dispose();
        await _worked.Queue.DisposeAsync();
    }

    private async Task TryReleaseAsync(MessageRun run)
    {
        try
        {
            await GiveBackAsync(run).WaitAsync(LastWords);
            GivenBack(_worked.Logger, _worked.Name, run.Message.Id);
        }
        catch (Exception exception)
        {
            NotGivenBack(_worked.Logger, _worked.Name, run.Message.Id, exception.Message);
        }
    }

    // The record first, so that whoever runs the message next finds no run that was interrupted.
    private async Task GiveBackAsync(MessageRun run)
    {
        await _records.EndAsync(run, new MessageEnding(EndingKind.Release, Outcome: null), delay: null, CancellationToken.None);
        await _worked.Queue.ReleaseAsync(run.Lease, CancellationToken.None);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The queue {Queue} delivers at most once: a message that is lost with its worker does not come again")]
    private static partial void AtMostOnce(ILogger logger, string queue);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "{Queue}: message {Message} had not ended when the host stopped; it was given back")]
    private static partial void GivenBack(ILogger logger, string queue, string message);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{Queue}: message {Message} could not be given back, its lease runs out: {Reason}")]
    private static partial void NotGivenBack(ILogger logger, string queue, string message, string reason);
}
