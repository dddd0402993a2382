using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>
/// Takes messages, no more than are asked for: one by one where messages wait, highest priority first; where none does, it
/// is told of the next. A standing consumer would take as many again as it has slots, in each band.
/// </summary>
internal sealed class Receiver(RabbitConnection connection, QueueNames names, PauseSign pause, Action queueIsGone, TimeProvider time)
    : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookWhilePaused = TimeSpan.FromMilliseconds(200);
    private static readonly CreateChannelOptions Plain = new(
        publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly RabbitChannel _channel = new(connection, Plain);

    public async Task<IReadOnlyList<Delivery>> ReceiveAsync(int max, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var channel = await _channel.OpenAsync(cancellationToken);
            return await RabbitCalls.RunAsync(connection, () => ReceiveAsync(channel, max, cancellationToken));
        }
        catch (OperationCanceledException exception) when (exception.CancellationToken != cancellationToken)
        {
            // An answer that comes later may bring a message, which only the end of the channel gives back.
            await _channel.CloseAsync();
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        await _channel.DisposeAsync();
        _gate.Release();
    }

    private async Task<IReadOnlyList<Delivery>> ReceiveAsync(IChannel channel, int max, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(LongestWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (expiry.IsCancellationRequested) return [];
            if (await pause.IsSetAsync(channel))
            {
                await DelayAsync(LookWhilePaused, either.Token);
                continue;
            }

            var taken = await TakeWaitingAsync(channel, max);
            if (taken.Count == 0) taken = await TakeNextAsync(channel, max, either.Token);
            if (taken.Count == 0) continue;
            if (!cancellationToken.IsCancellationRequested) return taken;

            // Who has left the wait would not look at them.
            await ReturnAsync(taken);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // An order to the broker, once given, is waited for: a message that came after would be nobody's.
    private async Task<IReadOnlyList<Delivery>> TakeWaitingAsync(IChannel channel, int max)
    {
        var taken = new List<Delivery>();
        for (var band = names.Bands.Count - 1; band >= 0 && taken.Count < max; band--)
        {
            if (await channel.MessageCountAsync(names.Bands[band], CancellationToken.None) == 0) continue;
            while (taken.Count < max && await channel.BasicGetAsync(names.Bands[band], autoAck: false, CancellationToken.None) is { } got)
                taken.Add(new Delivery(channel, got.DeliveryTag, band, got.BasicProperties, got.Body, got.Redelivered, time.GetTimestamp()));
        }

        return taken;
    }

    private async Task<IReadOnlyList<Delivery>> TakeNextAsync(IChannel channel, int max, CancellationToken cancellationToken)
    {
        var link = await connection.OpenAsync(CancellationToken.None);
        var own = await link.CreateChannelAsync(Plain, CancellationToken.None);
        var arrivals = new Arrivals(own, names.Bands, time);
        try
        {
            await arrivals.BeginAsync();
            await arrivals.WaitAsync(cancellationToken);
            var came = await arrivals.EndAsync();
            if (arrivals.IsQueueGone) queueIsGone();

            // A pause may have begun during the wait; and each queue may have handed out one.
            var kept = came.Count > 0 && await pause.IsSetAsync(channel) ? 0 : Math.Min(max, came.Count);
            await arrivals.LeaveAsync(came.Skip(kept));
            return [.. came.Take(kept)];
        }
        catch
        {
            await own.DisposeAsync();
            throw;
        }
    }

    private static async Task ReturnAsync(IEnumerable<Delivery> deliveries)
    {
        foreach (var delivery in deliveries) await delivery.ReturnAsync();
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(delay, time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whoever waits looks why.
        }
    }
}
