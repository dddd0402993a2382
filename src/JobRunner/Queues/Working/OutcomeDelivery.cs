using JobRunner.Tasks;
using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>Brings the ends of runs to where they belong, in this order: the record, the replies, the acknowledgement. A
/// broker that is away is waited for, in memory; while too much waits, nothing new is fetched.</summary>
internal sealed partial class OutcomeDelivery(WorkedQueue worked, MessageRecords records, BrokerLink link) : IDisposable
{
    /// <summary>Outcomes that may wait before fetching stops.</summary>
    private const int MaxWaiting = 100;

    private readonly CancellationTokenSource _givenUp = new();
    private readonly Replies _replies = new(worked);
    private int _waiting;
    private long _lastRetryDue;

    /// <summary>When the last retry that this worker has asked for becomes due.</summary>
    public DateTimeOffset LastRetryDue => new(Interlocked.Read(ref _lastRetryDue), TimeSpan.Zero);

    /// <summary>Waits until there is room for further outcomes.</summary>
    public async Task WhenRoomAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _waiting) >= MaxWaiting)
            await Task.Delay(TimeSpan.FromMilliseconds(100), worked.Time, cancellationToken);
    }

    /// <summary>Ends deliveries that still wait: the messages come again when their leases have ended.</summary>
    public Task GiveUpAsync() => _givenUp.CancelAsync();

    public async Task DeliverAsync(MessageRun run, MessageEnding ending)
    {
        var step = await _replies.FitAsync(run.Message, ending, _givenUp.Token);
        var delay = step.Kind == EndingKind.Retry
            ? RetryDelay.After(run.Message.Attempt, worked.Options.RetryDelay, worked.Options.MaxRetryDelay)
            : (TimeSpan?)null;
        var backOff = new BackOff(worked.Time);
        var published = 0;
        var isWaiting = false;
        MessageTooLargeException? refusal = null;
        try
        {
            while (!run.IsLost)
            {
                try
                {
                    if (refusal is not null && Replies.CanRefit(step))
                        step = await _replies.RefitAsync(run.Message, step, refusal, _givenUp.Token);
                    await EnsureHeldAsync(run);
                    if (run.IsLost)
                        break;
                    if (!await records.EndAsync(run, step, delay, _givenUp.Token))
                        break;
                    published = await _replies.PublishAsync(run.Message, step, published, _givenUp.Token);
                    var isSettled = await SettleAsync(run, step, delay);
                    link.Up(BrokerDuty.Settle);
                    if (isSettled)
                        Ended(run, step, delay);
                    else
                        run.Lose();
                    return;
                }
                catch (MessageTooLargeException exception) when (Replies.CanRefit(step))
                {
                    refusal = exception;
                }
                catch (Exception exception) when (!_givenUp.IsCancellationRequested)
                {
                    link.Down(BrokerDuty.Settle, exception);
                    Wait(ref isWaiting);
                    await backOff.PauseAsync(_givenUp.Token);
                }
            }
        }
        finally
        {
            if (isWaiting && Interlocked.Decrement(ref _waiting) == 0)
                link.Up(BrokerDuty.Settle);
            if (run.IsLost)
                Fenced(worked.Logger, worked.Name, run.Message.Id);
        }
    }

    public void Dispose() => _givenUp.Dispose();

    private void Wait(ref bool isWaiting)
    {
        if (!isWaiting)
            Interlocked.Increment(ref _waiting);
        isWaiting = true;
    }

    // After a long silence of this process the message may be somebody else's: nothing is published then.
    private async Task EnsureHeldAsync(MessageRun run)
    {
        if (worked.Time.GetElapsedTime(run.RenewedAt) > worked.Options.VisibilityTimeout / 2)
            await LeaseKeeper.RenewAsync(worked, [run], _givenUp.Token);
    }

    private Task<bool> SettleAsync(MessageRun run, MessageEnding ending, TimeSpan? delay) => ending.Kind switch
    {
        EndingKind.Retry => worked.Queue.RetryAsync(run.Lease, ending.Outcome!, delay!.Value, _givenUp.Token),
        EndingKind.DeadLetter => worked.Queue.DeadLetterAsync(run.Lease, ending.Outcome!, _givenUp.Token),
        EndingKind.Release => ReleaseAsync(run),
        _ => worked.Queue.CompleteAsync(run.Lease, ending.Outcome!, _givenUp.Token),
    };

    private async Task<bool> ReleaseAsync(MessageRun run)
    {
        await worked.Queue.ReleaseAsync(run.Lease, _givenUp.Token);
        return true;
    }

    private void Ended(MessageRun run, MessageEnding ending, TimeSpan? delay)
    {
        switch (ending.Kind)
        {
            case EndingKind.Retry:
                var due = (worked.Time.GetUtcNow() + delay!.Value).UtcTicks;
                Interlocked.Exchange(ref _lastRetryDue, Math.Max(due, Interlocked.Read(ref _lastRetryDue)));
                Retrying(
                    worked.Logger, worked.Name, run.Message.Id, run.Message.Attempt, delay.Value.TotalSeconds, ending.Outcome!.Error);
                break;
            case EndingKind.DeadLetter:
                Died(worked.Logger, worked.Name, run.Message.Id, run.Message.Attempt, ending.Outcome!.Error);
                break;
            case EndingKind.Release:
                GivenBack(worked.Logger, worked.Name, run.Message.Id);
                break;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Queue}: message {Message} failed at attempt {Attempt}, the next comes in {Seconds} s: {Reason}")]
    private static partial void Retrying(
        ILogger logger, string queue, string message, int attempt, double seconds, string? reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Queue}: message {Message} failed for good at attempt {Attempt} and is a dead letter: {Reason}")]
    private static partial void Died(ILogger logger, string queue, string message, int attempt, string? reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Queue}: message {Message} was given back")]
    private static partial void GivenBack(ILogger logger, string queue, string message);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Queue}: message {Message} ended here, but its lease was lost: the outcome does not count")]
    private static partial void Fenced(ILogger logger, string queue, string message);
}
