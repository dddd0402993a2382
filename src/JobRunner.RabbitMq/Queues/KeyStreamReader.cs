using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace JobRunner.RabbitMq.Queues;

/// <summary>What the stream of keys says, as far as it is read. A reader lives as long as its channel.</summary>
internal sealed class KeyStreamReader(IChannel channel, TimeProvider time) : AsyncDefaultBasicConsumer(channel)
{
    private const int SweepEvery = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, KeyEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource<KeyEntry>> _claims = new(StringComparer.Ordinal);
    private TaskCompletionSource _change = New();
    private int _sinceSweep;

    /// <summary>Whether the stream can be read no longer: somebody has deleted it.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Who has the key, as far as it is read.</summary>
    public KeyEntry? Find(string key)
    {
        lock (_lock) return _entries.TryGetValue(key, out var entry) && IsValid(entry) ? entry : null;
    }

    /// <summary>Waits for a claim that is about to be written.</summary>
    /// <returns>Who has the key, which may be an earlier claim.</returns>
    public Task<KeyEntry> WhenSeenAsync(KeyEntry claim)
    {
        var seen = new TaskCompletionSource<KeyEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock) _claims[claim.Claim] = seen;
        return seen.Task;
    }

    /// <summary>Waits for the word that a claimed message is put.</summary>
    public async Task<bool> IsPutAsync(string key, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        try
        {
            while (true)
            {
                Task change;
                lock (_lock)
                {
                    if (_entries.TryGetValue(key, out var entry) && entry.IsPut) return true;
                    change = _change.Task;
                }

                await change.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public override async Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        if (Parse(body) is { } entry) Take(entry);
        await Channel.BasicAckAsync(deliveryTag, multiple: false, cancellationToken);
    }

    public override async Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        await base.HandleChannelShutdownAsync(channel, reason);
        End(new OperationInterruptedException(reason));
    }

    public override async Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        await base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        IsGone = true;
        End(cause: null);
    }

    private void End(Exception? cause)
    {
        lock (_lock)
        {
            foreach (var claim in _claims.Values)
                claim.TrySetException(new QueueUnavailableException("The stream of idempotency keys is closed.", cause));
            _claims.Clear();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static KeyEntry? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, KeysJson.Default.KeyEntry);
        }
        catch (JsonException)
        {
            // Somebody else's writing is no claim.
            return null;
        }
    }

    private void Take(KeyEntry entry)
    {
        lock (_lock)
        {
            var isFirst = !_entries.TryGetValue(entry.Key, out var known) || !IsValid(known);
            if (isFirst || (entry.IsPut && known!.Claim == entry.Claim)) _entries[entry.Key] = entry;
            if (_claims.Remove(entry.Claim, out var claim)) claim.TrySetResult(_entries[entry.Key]);
            _change.TrySetResult();
            _change = New();
            if (++_sinceSweep < SweepEvery) return;
            _sinceSweep = 0;
            foreach (var old in _entries.Values.Where(old => !IsValid(old)).ToList()) _entries.Remove(old.Key);
        }
    }

    private bool IsValid(KeyEntry entry) => time.GetUtcNow() - entry.At < ITaskStore.IdempotencyWindow;
}
