using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>A message that the broker has handed out over a channel, and takes back once that is closed.</summary>
/// <param name="channel">The channel.</param>
/// <param name="tag">What the broker calls the delivery there.</param>
/// <param name="band">Which queue it came from.</param>
/// <param name="properties">The message's properties.</param>
/// <param name="body">The message.</param>
/// <param name="isRedelivered">Whether the broker handed it out before.</param>
/// <param name="takenAt">When it was taken, as <see cref="TimeProvider.GetTimestamp"/> counts.</param>
/// <param name="left">Called when the channel is not needed for it any more.</param>
internal sealed class Delivery(
    IChannel channel, ulong tag, int band, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, bool isRedelivered,
    long takenAt, Func<ValueTask>? left = null)
{
    private int _isSettled;

    public int Band { get; } = band;

    public IReadOnlyBasicProperties Properties { get; } = properties;

    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Whether the broker handed it out before.</summary>
    public bool IsRedelivered { get; } = isRedelivered;

    /// <summary>When it was taken, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long TakenAt { get; } = takenAt;

    public bool IsHeld => Volatile.Read(ref _isSettled) == 0 && channel.IsOpen;

    /// <summary>Whether the broker has forgotten the message because the store keeps it.</summary>
    public bool IsHandedOver { get; private set; }

    /// <summary>Tells the broker that the store keeps the message.</summary>
    /// <returns>False where it is not this delivery's any more.</returns>
    public async Task<bool> HandOverAsync() => IsHandedOver = await AckAsync();

    /// <summary>Tells the broker that the message is done.</summary>
    /// <returns>False where it is not this delivery's any more.</returns>
    public Task<bool> AckAsync() => SettleAsync(() => channel.BasicAckAsync(tag, multiple: false));

    /// <summary>Gives the message back to the place where it was.</summary>
    public Task<bool> ReturnAsync() => SettleAsync(() => channel.BasicNackAsync(tag, multiple: false, requeue: true));

    private async Task<bool> SettleAsync(Func<ValueTask> settle)
    {
        if (!channel.IsOpen || Interlocked.Exchange(ref _isSettled, 1) != 0) return false;
        try
        {
            await settle();
        }
        catch (Exception exception) when (RabbitCalls.IsBrokers(exception))
        {
            return false;
        }

        if (left is not null) await left();
        return true;
    }
}
