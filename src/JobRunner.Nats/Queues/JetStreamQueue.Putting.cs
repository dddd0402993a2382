using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Queues;

/// <summary>Putting messages and publishing outcomes.</summary>
internal sealed partial class JetStreamQueue
{
    private const int PutsAtOnce = 256;

    public Task<IReadOnlyList<string>> PutAsync(IReadOnlyList<QueueMessage> messages, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<string>>(async () =>
        {
            var topology = await ReadyAsync(cancellationToken);
            foreach (var message in messages)
                CheckSize(MessageHeaders.Write(message).ToBytes().Length + message.Body.Length);

            var ids = new List<string>(messages.Count);
            foreach (var chunk in messages.Chunk(PutsAtOnce))
                ids.AddRange(await Task.WhenAll(chunk.Select(message => PutAsync(message, topology, cancellationToken))));
            if (messages.Any(message => message.Priority > 0 || message.NotBefore is not null)) await WakeOthersAsync(cancellationToken);
            return ids;
        });

    public Task PublishAsync(
        string destination, ReadOnlyMemory<byte> body, string correlationId, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var headers = new NatsHeaders { { "id", Uri.EscapeDataString(correlationId) } };
            CheckSize(headers.ToBytes().Length + body.Length);
            if (await _jetStream.IsStoredAsync(destination, cancellationToken))
            {
                await _jetStream.PublishAsync(destination, body, headers, cancellationToken: cancellationToken);
                return;
            }

            await _client.PublishAsync(destination, body, headers, cancellationToken: cancellationToken);
            await _client.FlushAsync(cancellationToken);
        });

    private async Task<string> PutAsync(QueueMessage message, QueueTopology topology, CancellationToken cancellationToken)
    {
        if (message.IdempotencyKey is not { } key)
        {
            await StoreAsync(message, null, topology, cancellationToken);
            return message.Id;
        }

        var scope = Encoding.UTF8.GetBytes($"{message.Caller}\n{message.Endpoint}\n{key}");
        var name = Convert.ToHexStringLower(SHA256.HashData(scope));
        var taken = await topology.Keys.CreateAsync(name, Json(new KeyNote(message.Id, IsPut: false)), cancellationToken);
        if (taken is null)
        {
            var entry = await topology.Keys.GetAsync(name, cancellationToken);
            var earlier = entry is null ? null : JsonSerializer.Deserialize(entry.Value.Span, NotesJson.Default.KeyNote);
            if (earlier is { IsPut: true }) return earlier.Id;

            // Whoever took the key has not said that the message is stored, and may never: both store it under one id.
            message = message with { Id = earlier?.Id ?? message.Id };
        }

        await StoreAsync(message, $"key:{name}", topology, cancellationToken);
        await topology.Keys.PutAsync(name, Json(new KeyNote(message.Id, IsPut: true)), cancellationToken);
        return message.Id;

        static byte[] Json(KeyNote note) => JsonSerializer.SerializeToUtf8Bytes(note, NotesJson.Default.KeyNote);
    }

    private Task StoreAsync(QueueMessage message, string? messageId, QueueTopology topology, CancellationToken cancellationToken)
    {
        var subject = message.NotBefore is { } due && due > _time.GetUtcNow()
            ? _names.LaterSubject(due)
            : SubjectOf(message, topology);
        return _jetStream.PublishAsync(
            subject, message.Body, MessageHeaders.Write(message), new() { MessageId = messageId }, cancellationToken);
    }

    private string SubjectOf(QueueMessage message, QueueTopology topology)
    {
        var priority = Math.Clamp(message.Priority, 0, NewTask.MaxPriority);
        return _names.BandSubject(topology.Bands[priority] is null ? 0 : priority);
    }

    private void CheckSize(long size)
    {
        if (MaxMessageSize is { } limit && size > limit) throw new MessageTooLargeException(size, limit);
    }

    private ValueTask WakeOthersAsync(CancellationToken cancellationToken) =>
        _client.PublishAsync(_names.WakeSubject, default, cancellationToken: cancellationToken);
}
