using JobRunner.Execution;
using JobRunner.Queues;
using JobRunner.Queues.Working;
using JobRunner.Tasks;
using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Hosting;

/// <summary>The workers of the manifest's queues: they start when the job is ready, and stop fetching before anything else
/// of the host stops.</summary>
internal sealed class QueueWork(
    JobManifest manifest,
    ServedJob served,
    CallGate gate,
    JobHealth health,
    QueueTransports transports,
    IEnumerable<IMessageFormat> formats,
    ITaskStore store,
    TaskActivation activation,
    TaskExecution execution,
    TaskSettings settings,
    JobInstruments instruments,
    TimeProvider time,
    ILogger<QueueWork> logger) : IBrokerMessages, IHostedLifecycleService, IAsyncDisposable
{
    private static readonly TimeSpan EmptyPoll = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stopping = new();
    private IReadOnlyList<QueueWorker> _workers = [];
    private Task _starting = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (manifest.Extra.Queues.Count > 0)
            _starting = StartWhenReadyAsync();
        return Task.CompletedTask;
    }

    /// <summary>Waits until the job is ready, and then until no queue has anything to do.</summary>
    public async Task WhenEmptyAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        while (true)
        {
            if (await AreEmptyAsync(cancellationToken))
            {
                // A fetch under way may have taken what nobody has counted yet.
                await Task.WhenAll(_workers.Select(worker => worker.PauseFetchingAsync(cancellationToken)));
                if (await AreEmptyAsync(cancellationToken))
                    return;
                foreach (var worker in _workers)
                    worker.ResumeFetching();
            }

            await Task.Delay(EmptyPoll, time, cancellationToken);
        }
    }

    private async Task<bool> AreEmptyAsync(CancellationToken cancellationToken) => Array.TrueForAll(
        await Task.WhenAll(_workers.Select(worker => worker.IsEmptyAsync(cancellationToken))), isEmpty => isEmpty);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_workers.Select(worker => worker.StopFetchingAsync(cancellationToken)));
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_workers.Select(worker => worker.FinishAsync(cancellationToken)));

    public Task EnsureUpAsync(TaskRecord record, CancellationToken cancellationToken) =>
        AskAsync(record, worker => worker.EnsureUpAsync(cancellationToken));

    public Task PutBackAsync(TaskRecord record, CancellationToken cancellationToken) =>
        AskAsync(record, worker => worker.PutBackAsync(record, cancellationToken));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // The container knows this object twice, as itself and as a hosted service.
        var workers = _workers;
        _workers = [];
        foreach (var worker in workers)
            await worker.DisposeAsync();
        await _stopping.CancelAsync();
    }

    private async Task AskAsync(TaskRecord record, Func<QueueWorker, Task> ask)
    {
        try
        {
            if (_workers.FirstOrDefault(worker => worker.Name == record.Queue) is { } worker)
                await ask(worker);
        }
        catch (QueueUnavailableException exception)
        {
            throw new TaskStoreException(exception.Message, exception);
        }
    }

    private async Task StartWhenReadyAsync()
    {
        await served.WhenReady.WaitAsync(_stopping.Token);
        var workers = manifest.Extra.Queues.Select(Create).ToList();
        _workers = workers;
        health.Queues = () => workers.ToDictionary(worker => worker.Name, worker => worker.IsUp, StringComparer.Ordinal);
        foreach (var worker in workers)
            worker.Start();
    }

    private QueueWorker Create(QueueOptions options)
    {
        var queue = transports.CreateQueue(options);
        var records = RecordsOf(queue, options);
        var most = options.MaxConcurrency ?? gate.MaxConcurrency ?? settings.UncappedConcurrency;
        return new QueueWorker(
            new WorkedQueue
            {
                Queue = queue,
                Options = options,
                Format = formats.Last(format => format.Name == options.Format),
                Records = records,
                HandedOver = ReferenceEquals(records, store) ? new HandedOverMessages(queue, records, options, time) : null,
                Instruments = instruments.Queues.Add(queue.Name),
                Timeout = manifest.Extra.TaskTimeout,
                MaxInterruptions = manifest.Extra.MaxInterruptions,
                Time = time,
                Logger = logger,
            },
            gate,
            served,
            execution,
            most);
    }

    // Where a broker holds messages and can hold records, the records are there; else they are in the host's own store.
    private ITaskStore RecordsOf(IJobQueue queue, QueueOptions options)
    {
        if (queue.Store is { } own)
            return own;
        if (transports.CreateStore(options.Url) is { } shared)
            return shared;
        activation.Activate();
        return store;
    }
}
