using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Queues;

/// <summary>Makes a dead letter fit the server: what is told of a failure comes on top of a message of another client that
/// may be as large as the server takes, and would otherwise come again for ever.</summary>
internal static class LetterSize
{
    /// <summary>For the header of the letter's id.</summary>
    private const int Reserve = 128;

    private const int LongestText = 1000;
    private const int ShortestText = 30;

    /// <returns>As much of the headers as there is room for beside the whole message; null: there is room for none.</returns>
    public static NatsHeaders? Fit(DeadLetter letter, long limit)
    {
        var room = limit - Reserve - letter.Message.Body.Length;
        var headers = MessageHeaders.Write(letter);
        for (var text = LongestText; headers.ToBytes().Length > room; text /= 2)
        {
            if (text < ShortestText) return null;
            headers = MessageHeaders.Write(Plain(letter, text));
        }

        return headers;
    }

    private static DeadLetter Plain(DeadLetter letter, int text)
    {
        return letter with
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

        string? Cut(string? value) => value is null || value.Length <= text ? value : value[..text];
    }
}
