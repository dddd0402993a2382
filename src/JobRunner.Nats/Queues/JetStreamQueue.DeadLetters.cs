using System.Globalization;
using JobRunner.Nats.JetStream;

namespace JobRunner.Nats.Queues;

/// <summary>Messages whose failure is final.</summary>
internal sealed partial class JetStreamQueue
{
    private const int ReadAtOnce = 64;

    public Task<DeadLetterPage> ListDeadLettersAsync(int limit, string? after, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            await ReadyAsync(cancellationToken);
            var state = (await _jetStream.FindStreamAsync(_names.DeadStream, cancellationToken))?.State ?? new StreamState();
            var letters = new List<DeadLetter>();
            var at = after is null ? state.LastSeq : Cursor(after) - 1;
            ulong last = 0;
            while (at >= state.FirstSeq && at > 0 && letters.Count < limit)
            {
                var count = (int)Math.Min((ulong)Math.Min(ReadAtOnce, limit - letters.Count), at);
                var sequences = Enumerable.Range(0, count).Select(back => at - (ulong)back);
                var found = await Task.WhenAll(sequences.Select(sequence =>
                    _jetStream.GetMessageAsync(_names.DeadStream, new GetMessageRequest { Seq = sequence }, cancellationToken)));
                foreach (var stored in found.OfType<StoredMessage>())
                {
                    letters.Add(ReadLetter(stored));
                    last = stored.Sequence;
                }

                at -= (ulong)count;
            }

            var hasMore = last > state.FirstSeq && letters.Count == limit;
            return new DeadLetterPage(letters, hasMore ? last.ToString(CultureInfo.InvariantCulture) : null);
        });

    public Task<long> RetryDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var topology = await ReadyAsync(cancellationToken);
            return await EachAsync(ids, async stored =>
            {
                // Put first, removed then: a crash between leaves both, and the id lets the next try put nothing.
                var message = ReadLetter(stored).Message with { NotBefore = null };
                await StoreAsync(message, $"again:{stored.Sequence}", topology, cancellationToken);
                await _jetStream.DeleteMessageAsync(_names.DeadStream, stored.Sequence, cancellationToken);
                await WakeOthersAsync(cancellationToken);
            }, cancellationToken);
        });

    public Task<long> PurgeDeadLettersAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            await ReadyAsync(cancellationToken);
            return ids is null
                ? await _jetStream.PurgeStreamAsync(_names.DeadStream, cancellationToken: cancellationToken)
                : await EachAsync(ids, stored => _jetStream.DeleteMessageAsync(_names.DeadStream, stored.Sequence, cancellationToken), cancellationToken);
        });

    private static ulong Cursor(string after) =>
        ulong.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && sequence > 0
            ? sequence
            : throw new FormatException("The cursor is none of this queue's.");

    private async Task<long> EachAsync(IReadOnlyCollection<string>? ids, Func<StoredMessage, Task> act, CancellationToken cancellationToken)
    {
        var wanted = ids?.ToHashSet(StringComparer.Ordinal);
        var end = (await _jetStream.FindStreamAsync(_names.DeadStream, cancellationToken))?.State.LastSeq ?? 0;
        var count = 0L;
        for (ulong at = 0; at < end && wanted?.Count != 0;)
        {
            if (await NextAsync(_names.DeadStream, _names.DeadSubject, at, cancellationToken) is not { } stored) break;
            at = stored.Sequence;
            if (at > end || (wanted is not null && !wanted.Contains(ReadLetter(stored).Message.Id))) continue;
            await act(stored);
            count++;
        }

        return count;
    }

    private DeadLetter ReadLetter(StoredMessage stored)
    {
        var letter = MessageHeaders.ReadLetter(stored.Headers, Read(stored), stored.Time);
        return letter with { Message = letter.Message with { Attempt = letter.Attempts } };
    }
}
