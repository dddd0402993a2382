using System.Text.Json;
using JobRunner.Tasks;
using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>Publishes final outcomes where the message asks for it, and where the manifest does.</summary>
internal sealed partial class Replies(WorkedQueue worked)
{
    private const string TooLarge = "ResultTooLarge";

    /// <summary>An ending that the store and the transport carry: a result that is too large fails the task, unless it may
    /// go to a file.</summary>
    public async Task<MessageEnding> FitAsync(QueueMessage message, MessageEnding ending, CancellationToken cancellationToken)
    {
        if (ending is not { Kind: EndingKind.Complete, Outcome: { } outcome })
            return ending;
        if (worked.Store.MaxResultSize is { } most && outcome.Result.Length > most)
        {
            return worked.Options.ResultsSpill is { } folder
                ? await SpilledAsync(folder, message, ending, cancellationToken)
                : Failed($"the result has {outcome.Result.Length} bytes, and the store of task records takes at most {most}");
        }

        if (worked.Options.ResultsSpill is not null
            || worked.Queue.MaxMessageSize is not { } limit || !Destinations(message).Any()
            || worked.Format.Reply(message, ending.Status, outcome) is not { } reply || reply.Length <= limit)
            return ending;
        return Failed($"the result has {reply.Length} bytes as a message, and the queue takes at most {limit}");
    }

    /// <summary>Whether there is another end for a result that is refused for its size.</summary>
    public static bool CanRefit(MessageEnding ending) => ending is { Kind: EndingKind.Complete, IsSpilled: false };

    /// <summary>What becomes of an ending whose result the broker or the store has refused: some tell their limit only
    /// then.</summary>
    public async Task<MessageEnding> RefitAsync(
        QueueMessage message, MessageEnding ending, MessageTooLargeException refusal, CancellationToken cancellationToken) =>
        worked.Options.ResultsSpill is { } folder
            ? await SpilledAsync(folder, message, ending, cancellationToken)
            : Failed($"the result has {refusal.Size} bytes as a message, and the queue takes at most {refusal.Limit}");

    /// <summary>Publishes what has not been accepted yet.</summary>
    /// <param name="message">The message that is answered.</param>
    /// <param name="ending">Its end.</param>
    /// <param name="done">Destinations that have accepted it before.</param>
    /// <param name="cancellationToken">Ends the wait for the broker.</param>
    /// <returns>Destinations that have accepted it.</returns>
    /// <exception cref="MessageTooLargeException">The broker takes no result as large as this.</exception>
    public async Task<int> PublishAsync(
        QueueMessage message, MessageEnding ending, int done, CancellationToken cancellationToken)
    {
        if (!ending.Status.IsFinished() || ending.Outcome is not { } outcome)
            return done;
        ReadOnlyMemory<byte>? reply = null;
        foreach (var destination in Destinations(message).Skip(done))
        {
            reply ??= await ReplyAsync(message, ending.Status, outcome, cancellationToken);
            if (reply is not { } body)
                return done;
            try
            {
                await worked.Queue.PublishAsync(destination, body, message.Id, cancellationToken);
            }
            catch (Exception exception) when (exception is UnroutableMessageException || (exception is MessageTooLargeException && !CanRefit(ending)))
            {
                // Whoever asked for the reply cannot have it; to try for ever would hold the message for ever.
                NotReplied(worked.Logger, worked.Name, message.Id, destination, exception.Message);
            }

            done++;
        }

        return done;
    }

    private static MessageEnding Failed(string sentence) => new(EndingKind.DeadLetter, TaskFailures.Of(sentence, TooLarge));

    private static async Task<MessageEnding> SpilledAsync(
        string folder, QueueMessage message, MessageEnding ending, CancellationToken cancellationToken) =>
        ending with { Outcome = await SpillAsync(folder, message, ending.Outcome!, cancellationToken), IsSpilled = true };

    private IEnumerable<string> Destinations(QueueMessage message)
    {
        if (message.ReplyTo is { Length: > 0 } replyTo)
            yield return replyTo;
        if (worked.Options.Results is { Length: > 0 } results)
            yield return results;
    }

    private async Task<ReadOnlyMemory<byte>?> ReplyAsync(
        QueueMessage message, TaskState status, TaskOutcome outcome, CancellationToken cancellationToken)
    {
        var reply = worked.Format.Reply(message, status, outcome);
        if (reply is not { } body || worked.Options.ResultsSpill is not { } folder || body.Length <= worked.Queue.MaxMessageSize
            || worked.Queue.MaxMessageSize is null)
            return reply;
        return worked.Format.Reply(message, status, await SpillAsync(folder, message, outcome, cancellationToken));
    }

    private static async Task<TaskOutcome> SpillAsync(
        string folder, QueueMessage message, TaskOutcome outcome, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetFullPath(folder), $"{Uri.EscapeDataString(message.Id)}.json");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // A file that is half written must not be read by whoever gets the reply.
        await File.WriteAllBytesAsync(path + ".part", outcome.Result, cancellationToken);
        File.Move(path + ".part", path, overwrite: true);
        return outcome with { Result = JsonSerializer.SerializeToUtf8Bytes(new { file = path }), MediaType = "application/json" };
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{Queue}: the outcome of message {Message} cannot be sent to {Destination}: {Reason}")]
    private static partial void NotReplied(ILogger logger, string queue, string message, string destination, string reason);
}
