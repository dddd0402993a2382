namespace JobRunner.Queues.Working;

/// <summary>One message that this process holds, from its receipt until its end is accepted.</summary>
internal sealed class MessageRun(QueueLease lease) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private long _renewedAt;

    public QueueLease Lease { get; } = lease;

    public QueueMessage Message => Lease.Message;

    /// <summary>What the message asks for; null where that could not be read.</summary>
    public MessageCall? Call { get; set; }

    /// <summary>The lease on the record: the queue's own, or that of a record that was written apart.</summary>
    public TaskLease? Task { get; set; } = lease.Task;

    /// <summary>Cancelled when the run shall end.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Whether somebody else holds the message now.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Whether somebody asked for the end of this run.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Timestamp of the moment from which the lease lasts at least its time.</summary>
    public long RenewedAt
    {
        get => Volatile.Read(ref _renewedAt);
        set => Volatile.Write(ref _renewedAt, value);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>Asks the job to end. Its callbacks are the job's code, which must not hold up who asks.</summary>
    public void Stop() => _ = _stop.CancelAsync();

    public void Cancel()
    {
        IsCancelled = true;
        Stop();
    }

    public void Lose()
    {
        IsLost = true;
        Stop();
    }
}
