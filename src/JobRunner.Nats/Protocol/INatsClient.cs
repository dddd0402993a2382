using System.Threading.Channels;

namespace JobRunner.Nats.Protocol;

/// <summary>
/// All that this package asks of a NATS client: everything else (JetStream, key-value buckets) is requests and
/// messages over it, so that another client can take this one's place.
/// </summary>
internal interface INatsClient : IAsyncDisposable
{
    /// <summary>What the server last said about itself; null until the first connection.</summary>
    ServerInfo? Server { get; }

    bool IsConnected { get; }

    /// <summary>Why there is no connection, in one sentence without credentials; null while there is one.</summary>
    string? LastError { get; }

    /// <summary>Cancelled when the connection that is current now is lost; already cancelled when there is none.</summary>
    CancellationToken ConnectionLost { get; }

    /// <summary>Waits until there is a connection.</summary>
    /// <exception cref="NatsUnavailableException">There is none within the operation timeout.</exception>
    Task ConnectedAsync(CancellationToken cancellationToken);

    /// <summary>Publishes at most once; waits for a connection where there is none.</summary>
    /// <exception cref="NatsPayloadTooLargeException">The message is larger than the server takes.</exception>
    ValueTask PublishAsync(
        string subject,
        ReadOnlyMemory<byte> payload,
        NatsHeaders? headers = null,
        string? replyTo = null,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes and waits for the first reply.</summary>
    /// <exception cref="NatsNoRespondersException">Nobody listens.</exception>
    /// <exception cref="NatsTimeoutException">No reply in time.</exception>
    /// <exception cref="NatsDisconnectedException">The connection was lost before the reply: whether the request was
    /// carried out is unknown.</exception>
    Task<NatsMessage> RequestAsync(
        string subject,
        ReadOnlyMemory<byte> payload,
        NatsHeaders? headers = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>Subscribes, and again after every reconnection.</summary>
    ValueTask<INatsSubscription> SubscribeAsync(
        string subject,
        string? queueGroup = null,
        SubscriptionLimits? limits = null,
        CancellationToken cancellationToken = default);

    /// <summary>Waits until the server has read all that was written before.</summary>
    Task FlushAsync(CancellationToken cancellationToken);

    /// <summary>Ends all subscriptions without losing what has arrived, writes out what waits, then disconnects.</summary>
    Task DrainAsync(CancellationToken cancellationToken);

    /// <summary>A subject that nobody else has.</summary>
    string NewInbox();
}

/// <summary>Messages of one subject.</summary>
internal interface INatsSubscription : IAsyncDisposable
{
    string Subject { get; }

    /// <summary>What has arrived; completed once the subscription has ended.</summary>
    ChannelReader<NatsMessage> Messages { get; }

    /// <summary>Messages thrown away because the reader was too slow.</summary>
    long Dropped { get; }

    /// <summary>Asks for no more, waits for what is under way and completes <see cref="Messages"/>.</summary>
    Task DrainAsync(CancellationToken cancellationToken);
}

/// <summary>How much may wait for a slow reader; what is over either limit is dropped and counted.</summary>
internal sealed record SubscriptionLimits(int Messages, long Bytes)
{
    public static readonly SubscriptionLimits Default = new(65_536, 64L << 20);
}
