using JobRunner.Execution;
using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>Fetches messages, never more than have a place to start in.</summary>
internal sealed partial class Fetcher(
    WorkedQueue worked, QueueGate gate, BrokerLink link, OutcomeDelivery outcomes, Action<QueueLease, GatePlace> start)
    : IDisposable
{
    private const int MaxBatch = 16;

    private static readonly TimeSpan TurnOfOthers = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private long _lastMessage;
    private volatile bool _isAsking;
    private volatile bool _isConnected;

    /// <summary>Whether the broker has answered since it was last away.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>Whether a fetch is under way or has failed; false while there is no place to start anything in.</summary>
    public bool IsAsking => _isAsking;

    /// <summary>Timestamp of the last fetch that brought a message, or of the start.</summary>
    public long LastMessage => Volatile.Read(ref _lastMessage);

    public void Start()
    {
        _isConnected = false;
        Volatile.Write(ref _lastMessage, worked.Time.GetTimestamp());
        var token = _stopping.Token;
        _loop = Task.Run(() => LoopAsync(token), CancellationToken.None);
    }

    /// <summary>Fetches no more; a fetch under way is ended, and what it brought is given back.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Leaves a loop that brings nothing, and begins anew.</summary>
    public async Task RestartAsync()
    {
        var stuck = _stopping;
        if (stuck.IsCancellationRequested)
            return;
        _stopping = new CancellationTokenSource();
        await stuck.CancelAsync();
        await _loop.WaitAsync(Patience * 2, worked.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Start();
    }

    /// <summary>Fetches again after a stop.</summary>
    public void Resume()
    {
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        Start();
    }

    public void Dispose() => _stopping.Dispose();

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        var backOff = new BackOff(worked.Time);

        // A broker that lets in and then refuses to hand out is not back.
        var hasFetched = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (!_isConnected)
                {
                    await worked.Queue.ConnectAsync(cancellationToken);
                    if (hasFetched)
                        link.Up(BrokerDuty.Fetch);
                    (_isConnected, hasFetched) = (true, false);
                }

                await outcomes.WhenRoomAsync(cancellationToken);
                await FetchAsync(cancellationToken);
                hasFetched = true;
                backOff.Reset();
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                _isConnected = false;
                link.Down(BrokerDuty.Fetch, exception);
                await backOff.PauseAsync(cancellationToken);
            }
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        _isAsking = false;
        using var places = await gate.ReserveAsync(MaxBatch, cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource([cancellationToken, .. places.Revoked]);
        _isAsking = true;
        var leases = await ReceiveAsync(places.Count, ended.Token);
        worked.Instruments.Fetched();
        link.Up(BrokerDuty.Fetch);
        foreach (var lease in leases)
        {
            if (!cancellationToken.IsCancellationRequested && places.TryConfirm() is { } place)
                start(lease, place);
            else
                await ReleaseAsync(lease);
        }

        if (leases.Count > 0)
        {
            _isAsking = false;
            Volatile.Write(ref _lastMessage, worked.Time.GetTimestamp());
        }
        else if (ended.IsCancellationRequested)
        {
            await Task.Delay(TurnOfOthers, worked.Time, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, CancellationToken cancellationToken)
    {
        var receiving = worked.Queue.ReceiveAsync(max, worked.Options.VisibilityTimeout, cancellationToken);
        if (await Task.WhenAny(receiving, Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)) != receiving
            && await Task.WhenAny(receiving, Task.Delay(Patience, worked.Time, CancellationToken.None)) != receiving)
        {
            // It does not heed its end: its places are needed by others.
            LeftBehind(worked.Logger, worked.Name);
            _ = ReleaseAllAsync(receiving);
            return [];
        }

        try
        {
            return await receiving;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }

    private async Task ReleaseAllAsync(Task<IReadOnlyList<QueueLease>> receiving)
    {
        await ((Task)receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var lease in receiving.IsCompletedSuccessfully ? await receiving : [])
            await ReleaseAsync(lease);
    }

    private async Task ReleaseAsync(QueueLease lease)
    {
        try
        {
            await worked.Queue.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Its lease runs out; it comes again all the same.
            NotReleased(worked.Logger, worked.Name, lease.Message.Id, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Queue}: a fetch did not end when it was told to; it is left behind")]
    private static partial void LeftBehind(ILogger logger, string queue);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{Queue}: message {Message} could not be given back: {Reason}")]
    private static partial void NotReleased(ILogger logger, string queue, string message, string reason);
}
