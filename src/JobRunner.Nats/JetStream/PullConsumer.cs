using System.Runtime.CompilerServices;
using System.Text.Json;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.JetStream;

/// <summary>Messages of one consumer, as many as are asked for.</summary>
/// <param name="jetStream">Asks.</param>
/// <param name="stream">Name of the stream.</param>
/// <param name="consumer">Name of the consumer.</param>
/// <param name="giveBack">What is done with messages that come after the caller has gone; by default they are given
/// back at once.</param>
internal sealed class PullConsumer(
    JetStreamClient jetStream, string stream, string consumer, Func<DeliveredMessage, Task>? giveBack = null)
{
    private const int Heartbeat = 100;
    private const int NotFound = 404;
    private const int Expired = 408;
    private const int Conflict = 409;

    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <summary>Pulls that are longer are withdrawn from the server instead of waited for.</summary>
    private static readonly TimeSpan LongestLinger = TimeSpan.FromSeconds(5);

    private readonly string _subject =
        $"$JS.API.CONSUMER.MSG.NEXT.{JetStreamClient.CheckName(stream)}.{JetStreamClient.CheckName(consumer)}";

    /// <summary>
    /// One pull: at most <see cref="PullRequest.Batch"/> messages, fewer when its time is over. What arrives after the
    /// caller has stopped reading is given back at once.
    /// </summary>
    /// <exception cref="JetStreamException">The consumer does not exist any more.</exception>
    /// <exception cref="NatsException">The connection is lost, or the server has fallen silent.</exception>
    public async IAsyncEnumerable<DeliveredMessage> PullAsync(
        PullRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var client = jetStream.Client;
        var limits = new SubscriptionLimits(request.Batch + 64, long.MaxValue);
        var subscription = await client.SubscribeAsync(client.NewInbox(), limits: limits, cancellationToken: cancellationToken);
        var lost = client.ConnectionLost;
        var remaining = request.Batch;
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(request, JetStreamJson.Default.PullRequest);
            await client.PublishAsync(_subject, body, replyTo: subscription.Subject, cancellationToken: cancellationToken);
            while (remaining > 0)
            {
                var message = await NextAsync(subscription, request, lost, cancellationToken);
                if (message.Status == Heartbeat) continue;
                if (message.Status != 0)
                {
                    remaining = 0;
                    ThrowUnlessOver(message);
                    break;
                }

                if (DeliveredMessage.Read(client, message) is not { } delivered) continue;
                remaining--;
                yield return delivered;
            }
        }
        finally
        {
            if (remaining == 0) await subscription.DisposeAsync();
            else _ = LingerAsync(subscription, request, remaining, lost);
        }
    }

    private async Task<NatsMessage> NextAsync(
        INatsSubscription subscription, PullRequest request, CancellationToken lost, CancellationToken cancellationToken)
    {
        if (subscription.Messages.TryRead(out var ready)) return ready;
        var patience = request switch
        {
            { IdleHeartbeat: { } heartbeat } => heartbeat * 2,
            { Expires: { } expires } => expires + Slack,
            _ => Slack,
        };
        using var late = new CancellationTokenSource(patience, jetStream.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(late.Token, lost, cancellationToken);
        try
        {
            // One token alone: a message must not be read by a wait that somebody else has given up.
            return await subscription.Messages.ReadAsync(any.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (lost.IsCancellationRequested) throw new NatsDisconnectedException("The connection was lost during a pull.");

            // A pull from a consumer that does not exist is not answered at all.
            throw await jetStream.FindConsumerAsync(stream, consumer, cancellationToken) is null
                ? new JetStreamException(NotFound, 0, $"the consumer {consumer} of {stream} does not exist")
                : new NatsTimeoutException(_subject, patience);
        }
    }

    private static void ThrowUnlessOver(NatsMessage message)
    {
        const int noResponders = 503;
        var description = message.Headers!.Description;
        var isOver = message.Status is NotFound or Expired
            || (message.Status is Conflict && !description.Contains("Consumer", StringComparison.OrdinalIgnoreCase));
        if (isOver) return;
        throw message.Status is noResponders
            ? new JetStreamException(NotFound, 0, "nobody answers for the consumer")
            : new JetStreamException(message.Status, 0, description);
    }

    /// <summary>
    /// The server may have lent messages to a pull that nobody waits for any more. They must find a listener, or they
    /// would stay lent to nobody for the whole time of a loan.
    /// </summary>
    private async Task LingerAsync(INatsSubscription subscription, PullRequest request, int remaining, CancellationToken lost)
    {
        try
        {
            await using (subscription)
            {
                var life = request.Expires ?? TimeSpan.Zero;
                if (life > LongestLinger) await subscription.DrainAsync(CancellationToken.None);
                using var end = new CancellationTokenSource(life + Slack, jetStream.Time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, lost);
                await foreach (var message in subscription.Messages.ReadAllAsync(either.Token))
                {
                    if (message.Status is not (0 or Heartbeat)) break;
                    if (DeliveredMessage.Read(jetStream.Client, message) is not { } delivered) continue;
                    await (giveBack?.Invoke(delivered) ?? delivered.NakAsync(TimeSpan.Zero, CancellationToken.None).AsTask());
                    if (--remaining == 0) break;
                }
            }
        }
        catch (Exception exception) when (exception is NatsException or ObjectDisposedException or OperationCanceledException)
        {
            // Without a connection the loans end by themselves.
        }
    }
}
