using System.Globalization;
using System.Security.Cryptography;
using JobRunner.RabbitMq.Connections;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>The dead letters, in a queue of their own, oldest first. The broker can neither list nor find, so each of these
/// reads it through: as long as it takes, no one else sees the letters.</summary>
internal sealed class RabbitDeadLetters(
    RabbitConnection connection, QueueNames names, Publisher publisher, RabbitChannel commands, TimeProvider time) : IAsyncDisposable
{
    private const string Unnamed = "unnamed-";

    private readonly QueueReader _reader = new(connection);

    public Task AddAsync(DeadLetter letter, CancellationToken cancellationToken) => publisher.PublishAsync(
        "", names.Dead, MessageProperties.WriteLetter(letter, time.GetUtcNow()), letter.Message.Body, cancellationToken);

    public async Task<DeadLetterPage> ListAsync(int limit, string? after, CancellationToken cancellationToken)
    {
        // Only the newest so far are held, and one to know whether there are more.
        var cursor = after is null ? long.MaxValue : Parse(after);
        var newest = new Queue<(long Number, DeadLetter Letter)>();
        await ReadAsync(
            (number, letter) =>
            {
                if (number >= cursor) return Task.FromResult(false);
                newest.Enqueue((number, letter));
                if (newest.Count > limit + 1) newest.Dequeue();
                return Task.FromResult(false);
            },
            cancellationToken);
        var page = newest.Reverse().Take(limit).ToList();
        var next = newest.Count > limit ? page[^1].Number.ToString(CultureInfo.InvariantCulture) : null;
        return new DeadLetterPage([.. page.Select(entry => entry.Letter)], next);
    }

    public async Task<long> RetryAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken)
    {
        var moved = 0L;
        await ReadAsync(
            async (_, letter) =>
            {
                if (ids?.Contains(letter.Message.Id, StringComparer.Ordinal) == false) return false;
                var message = letter.Message with { Attempt = 1, FirstFailedAt = null, NotBefore = null };
                if (message.Id.StartsWith(Unnamed, StringComparison.Ordinal)) message = message with { Id = Guid.NewGuid().ToString() };
                var properties = MessageProperties.Write(message, dueAt: null, time.GetUtcNow());
                await publisher.PublishAsync("", names.Bands[message.Priority], properties, message.Body, cancellationToken);
                moved++;
                return true;
            },
            cancellationToken);
        return moved;
    }

    public async Task<long> PurgeAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken)
    {
        if (ids is null)
        {
            var channel = await commands.OpenAsync(cancellationToken);
            return await RabbitCalls.RunAsync(connection, () => channel.QueuePurgeAsync(names.Dead, cancellationToken));
        }

        var dropped = 0L;
        await ReadAsync(
            (_, letter) =>
            {
                var isMeant = ids.Contains(letter.Message.Id, StringComparer.Ordinal);
                if (isMeant) dropped++;
                return Task.FromResult(isMeant);
            },
            cancellationToken);
        return dropped;
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private static long Parse(string cursor) =>
        long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException("The cursor is none of this queue's.");

    private Task ReadAsync(Func<long, DeadLetter, Task<bool>> visit, CancellationToken cancellationToken)
    {
        var number = 0L;
        return _reader.ReadAsync(names.Dead, long.MaxValue, got => visit(number++, LetterOf(got)), cancellationToken);
    }

    private static DeadLetter LetterOf(BasicGetResult got)
    {
        var (properties, headers) = (got.BasicProperties, got.BasicProperties.Headers);
        var death = BrokerDeath.Of(headers);
        var message = MessageProperties.Read(properties, got.Body, Unnamed + Convert.ToHexStringLower(SHA256.HashData(got.Body.Span))[..16]);
        var error = MessageHeaders.Text(headers, MessageProperties.Error) ?? death?.Sentence;
        return new DeadLetter(
            message, error, MessageHeaders.Text(headers, MessageProperties.ErrorType),
            (int)Math.Clamp(MessageHeaders.Number(headers, MessageProperties.Attempts) ?? message.Attempt - 1, 0, int.MaxValue))
        {
            FirstFailedAt = message.FirstFailedAt ?? death?.At,
            LastFailedAt = MessageHeaders.Time(headers, MessageProperties.LastFailedAt) ?? death?.At,
        };
    }
}
