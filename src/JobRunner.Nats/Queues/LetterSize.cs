using System.Globalization;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Queues;

/// <summary>Makes a dead letter fit the server: what is told of a failure comes on top of a message that may have been as
/// large as the server takes, and would otherwise come again for ever.</summary>
internal static class LetterSize
{
    /// <summary>Header that tells how many bytes the message had before it was cut.</summary>
    public const string CutFrom = "cut_from_bytes";

    /// <summary>For what the stream's own headers need, the letter's id among them.</summary>
    private const int Reserve = 512;

    private const int LongestText = 1000;

    /// <returns>The letter's headers and as much of its body as there is room for.</returns>
    public static (NatsHeaders Headers, ReadOnlyMemory<byte> Body) Fit(DeadLetter letter, long limit)
    {
        var body = letter.Message.Body;
        var headers = MessageHeaders.Write(letter);
        if (Room(headers, limit) >= body.Length) return (headers, body);

        if (Room(headers, limit) < limit / 2) headers = MessageHeaders.Write(Plain(letter));
        if (Room(headers, limit) >= body.Length) return (headers, body);
        headers.Add(CutFrom, body.Length.ToString(CultureInfo.InvariantCulture));
        return (headers, body[..(int)Math.Max(0, Room(headers, limit))]);
    }

    private static long Room(NatsHeaders headers, long limit) => limit - Reserve - headers.ToBytes().Length;

    private static DeadLetter Plain(DeadLetter letter) => letter with
    {
        Error = Cut(letter.Error),
        Message = new QueueMessage
        {
            Id = Cut(letter.Message.Id)!,
            Endpoint = Cut(letter.Message.Endpoint),
            Caller = Cut(letter.Message.Caller),
            TracingId = Cut(letter.Message.TracingId),
            EnqueuedAt = letter.Message.EnqueuedAt,
            Body = letter.Message.Body,
        },
    };

    private static string? Cut(string? text) => text is null || text.Length <= LongestText ? text : text[..LongestText];
}
