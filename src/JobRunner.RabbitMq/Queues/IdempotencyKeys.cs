using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>
/// Which message each idempotency key was used for. The broker has no table, but a stream, which all read in the same
/// order: the first claim of a key wins, and whoever claims waits until it reads its own.
/// </summary>
internal sealed class IdempotencyKeys(RabbitConnection connection, QueueNames names, Publisher publisher, ILogger logger, TimeProvider time)
    : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long somebody else may take between a claim and its message.</summary>
    private static readonly TimeSpan PutPatience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private KeyStreamReader? _reader;
    private IChannel? _channel;
    private volatile bool _isForgotten;

    /// <summary>Looks anew at the next use: somebody has deleted a part.</summary>
    public void Forget() => _isForgotten = true;

    /// <summary>Puts a message unless its key was used before.</summary>
    /// <returns>Id of the message that the key was first used for.</returns>
    public async Task<string> PutOnceAsync(
        QueueMessage message, Func<QueueMessage, Task> put, CancellationToken cancellationToken)
    {
        var reader = await OpenAsync(cancellationToken);
        var key = Fingerprint(message);
        var claim = new KeyEntry(key, message.Id, Guid.NewGuid().ToString("N"), IsPut: false, time.GetUtcNow());
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var winner = reader.Find(key) ?? await ClaimAsync(reader, claim, either.Token);
            if (winner.Claim != claim.Claim && await reader.IsPutAsync(key, PutPatience, time, either.Token)) return winner.Id;

            // Whoever claimed it was stopped before it was put, so that it is put now, under its id.
            await put(message with { Id = winner.Id });
            await WriteAsync(winner with { IsPut = true }, either.Token);
            return winner.Id;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new QueueUnavailableException($"{connection.Endpoint} does not show the stream {names.Keys} in time.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null) await _channel.DisposeAsync();
    }

    // The same caller, endpoint and key; the lengths keep one part from running into the next.
    private static string Fingerprint(QueueMessage message)
    {
        var parts = new[] { message.Caller ?? "", message.Endpoint ?? "", message.IdempotencyKey! };
        var text = string.Concat(parts.Select(part => $"{part.Length}:{part}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private async Task<KeyEntry> ClaimAsync(KeyStreamReader reader, KeyEntry claim, CancellationToken cancellationToken)
    {
        var seen = reader.WhenSeenAsync(claim);
        await WriteAsync(claim, cancellationToken);
        return await seen.WaitAsync(cancellationToken);
    }

    private Task WriteAsync(KeyEntry entry, CancellationToken cancellationToken) => publisher.PublishAsync(
        "", names.Keys, new BasicProperties { Persistent = true, ContentType = "application/json" },
        JsonSerializer.SerializeToUtf8Bytes(entry, KeysJson.Default.KeyEntry), cancellationToken);

    private async Task<KeyStreamReader> OpenAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_channel is { IsOpen: true } && _reader is { IsGone: false } && !_isForgotten) return _reader;
            _isForgotten = false;
            if (_channel is not null) await _channel.DisposeAsync();
            var link = await connection.OpenAsync(cancellationToken);
            return _reader = await RabbitCalls.RunAsync(connection, () => BeginAsync(link, cancellationToken));
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<KeyStreamReader> BeginAsync(IConnection link, CancellationToken cancellationToken)
    {
        await using (var declarer = new Declarer(link, logger))
        {
            await declarer.QueueAsync(
                names.Keys,
                new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    ["x-queue-type"] = "stream",
                    ["x-max-age"] = "24h",
                    ["x-stream-max-segment-size-bytes"] = 4_000_000L,
                },
                cancellationToken);
        }

        _channel = await link.CreateChannelAsync(cancellationToken: cancellationToken);
        await _channel.BasicQosAsync(0, 1000, global: false, cancellationToken);
        var reader = new KeyStreamReader(_channel, time);
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["x-stream-offset"] = new AmqpTimestamp((time.GetUtcNow() - ITaskStore.IdempotencyWindow).ToUnixTimeSeconds()),
        };
        await _channel.BasicConsumeAsync(
            names.Keys, autoAck: false, consumerTag: "", noLocal: false, exclusive: false, arguments, reader, cancellationToken);
        return reader;
    }
}

/// <summary>A word on a key.</summary>
/// <param name="Key">Fingerprint of the key.</param>
/// <param name="Id">Id of the message.</param>
/// <param name="Claim">Which claim it is.</param>
/// <param name="IsPut">Whether the message is in the queue, too.</param>
/// <param name="At">When.</param>
internal sealed record KeyEntry(string Key, string Id, string Claim, bool IsPut, DateTimeOffset At);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KeyEntry))]
internal sealed partial class KeysJson : JsonSerializerContext;
