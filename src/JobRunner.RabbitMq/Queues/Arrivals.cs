using System.Threading.Channels;
using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace JobRunner.RabbitMq.Queues;

/// <summary>
/// Waits at several queues at once for the first message. The broker hands out one at each at most. Every wait has a channel
/// of its own, which ends with the last message that came by it: where a queue is deleted and made anew at once, RabbitMQ
/// before version 4 moves the channel's consumer to the new queue, but throws away what that hands out. Only the end of the
/// channel gives such a message back.
/// </summary>
internal sealed class Arrivals(IChannel channel, IReadOnlyList<string> bands, TimeProvider time) : AsyncDefaultBasicConsumer(channel)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<Delivery> _deliveries = System.Threading.Channels.Channel.CreateUnbounded<Delivery>();
    private readonly Dictionary<string, int> _bandOfTag = new(StringComparer.Ordinal);
    private int _users = 1;

    /// <summary>Whether somebody has deleted one of the queues during the wait.</summary>
    public bool IsQueueGone { get; private set; }

    /// <summary>Begins to wait at all queues, the last first.</summary>
    public async Task BeginAsync()
    {
        await Channel.BasicQosAsync(0, 1, global: false);
        for (var band = bands.Count - 1; band >= 0; band--)
        {
            var tag = Guid.NewGuid().ToString("N");
            lock (_bandOfTag) _bandOfTag.Add(tag, band);
            await Channel.BasicConsumeAsync(bands[band], autoAck: false, tag, noLocal: false, exclusive: false, arguments: null, this);
        }
    }

    /// <summary>Waits until there is a message, or the wait is ended.</summary>
    /// <exception cref="OperationInterruptedException">The broker ended it.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _deliveries.Reader.WaitToReadAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nothing came in time.
        }
    }

    /// <summary>Ends the wait.</summary>
    /// <returns>What has come, the last queue's first.</returns>
    public async Task<IReadOnlyList<Delivery>> EndAsync()
    {
        string[] tags;
        lock (_bandOfTag) tags = [.. _bandOfTag.Keys];

        // Whatever was on its way has come before the broker's answer.
        foreach (var tag in tags) await Channel.BasicCancelAsync(tag);
        if (tags.Length > 0) await _ended.Task;
        var came = new List<Delivery>();
        while (_deliveries.Reader.TryRead(out var delivery)) came.Add(delivery);
        return [.. came.OrderByDescending(delivery => delivery.Band)];
    }

    /// <summary>Gives back what is not wanted, in its place before this returns, and leaves the channel to what is kept.</summary>
    public async Task LeaveAsync(IEnumerable<Delivery> unwanted)
    {
        var isAnyReturned = false;
        foreach (var delivery in unwanted) isAnyReturned |= await delivery.ReturnAsync();
        if (isAnyReturned && Volatile.Read(ref _users) > 1 && Channel.IsOpen) await Channel.BasicQosAsync(0, 1, global: false);
        await ReleaseAsync();
    }

    public override Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        int band;
        lock (_bandOfTag) band = _bandOfTag[consumerTag];

        // The client takes both back when this returns.
        var kept = new BasicProperties(properties);
        Interlocked.Increment(ref _users);
        _deliveries.Writer.TryWrite(
            new Delivery(Channel, deliveryTag, band, kept, body.ToArray(), redelivered, time.GetTimestamp(), ReleaseAsync));
        return Task.CompletedTask;
    }

    public override async Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        await base.HandleBasicCancelOkAsync(consumerTag, cancellationToken);
        Leave(consumerTag);
    }

    // Somebody has deleted a queue.
    public override async Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        await base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        IsQueueGone = true;
        Leave(consumerTag);
        _deliveries.Writer.TryComplete();
    }

    public override async Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        await base.HandleChannelShutdownAsync(channel, reason);
        var exception = new OperationInterruptedException(reason);
        _deliveries.Writer.TryComplete(exception);
        _ended.TrySetException(exception);
    }

    private async ValueTask ReleaseAsync()
    {
        if (Interlocked.Decrement(ref _users) > 0) return;
        try
        {
            await Channel.DisposeAsync();
        }
        catch (Exception exception) when (RabbitCalls.IsBrokers(exception) || exception is OperationCanceledException)
        {
            // It has ended, or ends with the connection.
        }
    }

    private void Leave(string tag)
    {
        lock (_bandOfTag)
        {
            _bandOfTag.Remove(tag);
            if (_bandOfTag.Count == 0) _ended.TrySetResult();
        }
    }
}
