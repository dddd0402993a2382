using System.Globalization;
using System.Text;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.JetStream;

/// <summary>A message lent by a consumer, to be acknowledged, given back or kept alive.</summary>
internal sealed class DeliveredMessage
{
    private const string AckPrefix = "$JS.ACK.";
    private const int ShortParts = 9;
    private const int LongParts = 11;

    private readonly INatsClient _client;

    private DeliveredMessage(INatsClient client, NatsMessage message) => (_client, Message) = (client, message);

    public NatsMessage Message { get; }

    public string Stream { get; private init; } = "";

    public string Consumer { get; private init; } = "";

    /// <summary>1 for the first delivery.</summary>
    public int Deliveries { get; private init; }

    /// <summary>Its number in the stream.</summary>
    public ulong Sequence { get; private init; }

    /// <summary>Its number among the consumer's deliveries.</summary>
    public ulong ConsumerSequence { get; private init; }

    /// <summary>When it was stored.</summary>
    public DateTimeOffset Stored { get; private init; }

    /// <summary>How many more wait for this consumer.</summary>
    public long Pending { get; private init; }

    /// <summary>
    /// Reads the reply subject: <c>$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.CONSUMER_SEQUENCE.TIME.PENDING</c>, or
    /// with domain and account after the prefix.
    /// </summary>
    /// <returns>Null where the message is none of JetStream's.</returns>
    public static DeliveredMessage? Read(INatsClient client, NatsMessage message)
    {
        if (message.ReplyTo is not { } reply || !reply.StartsWith(AckPrefix, StringComparison.Ordinal)) return null;
        var parts = reply.Split('.');
        var start = parts.Length switch
        {
            ShortParts => 2,
            >= LongParts => 4,
            _ => -1,
        };
        if (start < 0
            || !int.TryParse(parts[start + 2], NumberStyles.None, CultureInfo.InvariantCulture, out var deliveries)
            || !ulong.TryParse(parts[start + 3], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || !ulong.TryParse(parts[start + 4], NumberStyles.None, CultureInfo.InvariantCulture, out var consumerSequence)
            || !long.TryParse(parts[start + 5], NumberStyles.None, CultureInfo.InvariantCulture, out var nanoseconds)
            || !long.TryParse(parts[start + 6], NumberStyles.None, CultureInfo.InvariantCulture, out var pending))
            return null;

        return new DeliveredMessage(client, message)
        {
            Stream = parts[start],
            Consumer = parts[start + 1],
            Deliveries = deliveries,
            Sequence = sequence,
            ConsumerSequence = consumerSequence,
            Stored = DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick),
            Pending = pending,
        };
    }

    /// <summary>Done with it; returns once the server has taken note.</summary>
    public Task AckAsync(CancellationToken cancellationToken) =>
        _client.RequestAsync(Message.ReplyTo!, "+ACK"u8.ToArray(), cancellationToken: cancellationToken);

    /// <summary>Deliver it again, at once or after a delay.</summary>
    public ValueTask NakAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        var text = delay <= TimeSpan.Zero
            ? "-NAK"
            : string.Create(CultureInfo.InvariantCulture, $"-NAK {{\"delay\":{delay.Ticks * TimeSpan.NanosecondsPerTick}}}");
        return _client.PublishAsync(Message.ReplyTo!, Encoding.ASCII.GetBytes(text), cancellationToken: cancellationToken);
    }

    /// <summary>Still at work: the time of the loan begins anew.</summary>
    public ValueTask InProgressAsync(CancellationToken cancellationToken) =>
        _client.PublishAsync(Message.ReplyTo!, "+WPI"u8.ToArray(), cancellationToken: cancellationToken);

    /// <summary>Never deliver it again; returns once the server has taken note.</summary>
    public Task TerminateAsync(CancellationToken cancellationToken) =>
        _client.RequestAsync(Message.ReplyTo!, "+TERM"u8.ToArray(), cancellationToken: cancellationToken);
}
