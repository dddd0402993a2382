using System.Globalization;
using System.Text.RegularExpressions;
using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Publishes so that it is known to have arrived: the broker confirms each message, and says where nobody takes
/// one.</summary>
internal sealed partial class Publisher(RabbitConnection connection, long maxMessageSize) : IAsyncDisposable
{
    private readonly RabbitChannel _channel = new(
        connection,
        new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));

    private long _limit = maxMessageSize;

    /// <summary>Largest message in bytes, as far as it is known: the broker tells its limit only to whoever goes over
    /// it.</summary>
    public long MaxMessageSize => Volatile.Read(ref _limit);

    /// <exception cref="MessageTooLargeException">It is larger than the broker takes.</exception>
    public void Check(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MaxMessageSize) throw new MessageTooLargeException(body.Length, MaxMessageSize);
    }

    /// <summary>Makes sure that what is published next without waiting is sent in that order.</summary>
    public Task OpenAsync(CancellationToken cancellationToken) => _channel.OpenAsync(cancellationToken);

    /// <exception cref="MessageTooLargeException">It is larger than the broker takes.</exception>
    /// <exception cref="UnroutableMessageException">No queue takes it.</exception>
    /// <exception cref="QueueUnavailableException">The broker is away, or could not keep it.</exception>
    public async Task PublishAsync(
        string exchange, string key, BasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var channel = await _channel.OpenAsync(cancellationToken);
        try
        {
            await channel.BasicPublishAsync(exchange, key, mandatory: true, properties, body, cancellationToken);
        }
        catch (PublishException unroutable) when (unroutable.IsReturn)
        {
            throw new UnroutableMessageException(exchange.Length == 0 ? $"\"{key}\"" : $"\"{key}\" of the exchange \"{exchange}\"");
        }
        catch (PublishException refused)
        {
            throw new QueueUnavailableException($"{connection.Endpoint} did not take a message for \"{key}\".", refused);
        }
        catch (Exception exception) when (RabbitCalls.IsBrokers(exception))
        {
            if (TooLarge(channel.CloseReason?.ReplyText) is { } size)
            {
                Volatile.Write(ref _limit, Math.Min(size.Limit, MaxMessageSize));
                throw size;
            }

            throw new QueueUnavailableException(RabbitErrors.Calling(connection.Endpoint, exception), exception);
        }
    }

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    private static MessageTooLargeException? TooLarge(string? reason) =>
        reason is not null && SizeRefusal().Match(reason) is { Success: true } match
            ? new MessageTooLargeException(Number(match, "size"), Number(match, "limit"))
            : null;

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        "message size (?<size>[0-9]{1,18}) is larger than configured max size (?<limit>[0-9]{1,18})",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex SizeRefusal();
}
