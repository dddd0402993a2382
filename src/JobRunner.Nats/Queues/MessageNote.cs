using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Queues;

/// <summary>
/// What is known of a message beside itself. JetStream counts deliveries; a note tells which of them were attempts, so
/// that a killed worker costs none. A message that is run once has no note.
/// </summary>
internal sealed record MessageNote
{
    /// <summary>Runs that the job itself ended badly.</summary>
    public int Failures { get; init; }

    /// <summary>Deliveries that ended without a word.</summary>
    public int Interruptions { get; init; }

    /// <summary>Deliveries that are told apart in the numbers above.</summary>
    public int Deliveries { get; init; }

    /// <summary>When it may be delivered again at the earliest.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? FirstFailedAt { get; init; }

    /// <summary>Counts those since as interruptions, but for the one that is under way.</summary>
    public MessageNote CountTo(int deliveries) => this with
    {
        Interruptions = Interruptions + Math.Max(0, deliveries - 1 - Deliveries),
        Deliveries = Math.Max(Deliveries, deliveries - 1),
    };
}

/// <summary>The notes of one queue.</summary>
internal sealed class MessageNotes(KeyValueBucket bucket)
{
    private const string Prefix = "m.";

    public async Task<MessageNote?> FindAsync(ulong sequence, CancellationToken cancellationToken) =>
        await bucket.GetAsync(KeyOf(sequence), cancellationToken) is { } entry ? Read(entry.Value) : null;

    public Task WriteAsync(ulong sequence, MessageNote note, CancellationToken cancellationToken) => bucket.PutAsync(
        KeyOf(sequence), JsonSerializer.SerializeToUtf8Bytes(note, NotesJson.Default.MessageNote), cancellationToken);

    public async Task RemoveAsync(ulong sequence, CancellationToken cancellationToken)
    {
        if (await bucket.FindAsync(KeyOf(sequence), cancellationToken) is { } entry)
            await bucket.RemoveAsync(entry.Revision, cancellationToken);
    }

    /// <summary>Gives back a message that came when nobody waited for it any more: no interruption.</summary>
    public async Task GiveBackAsync(DeliveredMessage delivered, DateTimeOffset now)
    {
        var note = (await FindAsync(delivered.Sequence, CancellationToken.None) ?? new MessageNote()).CountTo(delivered.Deliveries);
        var delay = note.DueAt is { } due && due > now ? due - now : TimeSpan.Zero;
        await WriteAsync(delivered.Sequence, note with { Deliveries = delivered.Deliveries, DueAt = note.DueAt ?? now }, CancellationToken.None);
        await delivered.NakAsync(delay, CancellationToken.None);
    }

    /// <summary>All notes with their messages' sequences.</summary>
    public async Task<IReadOnlyList<(ulong Sequence, MessageNote Note)>> ListAsync(CancellationToken cancellationToken)
    {
        var notes = new List<(ulong, MessageNote)>();
        foreach (var key in await bucket.KeysAsync(Prefix + "*", cancellationToken))
        {
            if (ulong.TryParse(key.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                && await FindAsync(sequence, cancellationToken) is { } note)
                notes.Add((sequence, note));
        }

        return notes;
    }

    private static string KeyOf(ulong sequence) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{sequence}");

    private static MessageNote? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, NotesJson.Default.MessageNote);
        }
        catch (JsonException)
        {
            // Somebody else's writing costs a message its count, and no more.
            return null;
        }
    }
}

/// <summary>The message that an idempotency key was used for.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsPut">False between taking the key and putting the message: whoever comes next puts it, under that
/// id.</param>
internal sealed record KeyNote(string Id, bool IsPut);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(MessageNote))]
[JsonSerializable(typeof(KeyNote))]
internal sealed partial class NotesJson : JsonSerializerContext;
