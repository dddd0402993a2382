using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Queues;

/// <summary>A loan, and until when the server surely keeps it.</summary>
internal sealed class LentMessage(DeliveredMessage delivered, MessageNote? note, TimeProvider time, TimeSpan lease)
{
    private long _since = time.GetTimestamp();
    private TimeSpan _lease = lease;
    private volatile bool _isEnded;

    public DeliveredMessage Delivered => delivered;

    public MessageNote? Note => note;

    /// <summary>Once it is over another worker may have the message; the server does not tell.</summary>
    public bool IsHeld => !_isEnded && time.GetElapsedTime(Interlocked.Read(ref _since)) < _lease;

    public void Renewed(long at, TimeSpan lease)
    {
        _lease = lease;
        Interlocked.Exchange(ref _since, at);
    }

    public void End() => _isEnded = true;
}
