using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace JobRunner.Nats.Protocol;

/// <summary>Where the messages of one subscription go.</summary>
internal interface IMessageSink
{
    string Subject { get; }

    string? QueueGroup { get; }

    /// <summary>Must not wait.</summary>
    void Deliver(NatsMessage message);
}

/// <summary>
/// Keeps what has arrived until it is read, up to its limits. What is over them is dropped, as the protocol's fire and
/// forget has it: one slow reader must not stop the connection that all share.
/// </summary>
internal sealed class NatsSubscription : IMessageSink, INatsSubscription
{
    private readonly NatsClient _client;
    private readonly long _id;
    private readonly SubscriptionLimits _limits;
    private readonly Channel<NatsMessage> _channel;
    private long _bytes;
    private long _dropped;

    public NatsSubscription(NatsClient client, long id, string subject, string? queueGroup, SubscriptionLimits limits)
    {
        (_client, _id, Subject, QueueGroup, _limits) = (client, id, subject, queueGroup, limits);
        _channel = Channel.CreateBounded<NatsMessage>(new BoundedChannelOptions(limits.Messages)
        {
            SingleWriter = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
        Messages = new CountingReader(this);
    }

    public string Subject { get; }

    public string? QueueGroup { get; }

    public ChannelReader<NatsMessage> Messages { get; }

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Deliver(NatsMessage message)
    {
        var size = message.Payload.Length;
        if (Interlocked.Add(ref _bytes, size) <= _limits.Bytes && _channel.Writer.TryWrite(message)) return;
        Interlocked.Add(ref _bytes, -size);
        if (Interlocked.Increment(ref _dropped) == 1) _client.ReaderIsSlow(Subject);
    }

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _client.UnsubscribeAsync(_id, cancellationToken);
        }
        finally
        {
            Complete();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Complete();
        await _client.ForgetAsync(_id);
    }

    internal void Complete() => _channel.Writer.TryComplete();

    private sealed class CountingReader(NatsSubscription owner) : ChannelReader<NatsMessage>
    {
        private readonly ChannelReader<NatsMessage> _inner = owner._channel.Reader;

        public override Task Completion => _inner.Completion;

        public override bool CanCount => true;

        public override int Count => _inner.Count;

        public override bool TryRead([MaybeNullWhen(false)] out NatsMessage item)
        {
            if (!_inner.TryRead(out item)) return false;
            Interlocked.Add(ref owner._bytes, -item.Payload.Length);
            return true;
        }

        public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
            _inner.WaitToReadAsync(cancellationToken);
    }
}
