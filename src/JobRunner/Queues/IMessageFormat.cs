namespace JobRunner;

/// <summary>The form of a queue's messages: a message to a call, and an outcome to its reply. Registered as a singleton;
/// the manifest's <c>format</c> names it.</summary>
public interface IMessageFormat
{
    /// <summary>Name in the manifest.</summary>
    string Name { get; }

    /// <summary>Whether a call whose endpoint or arguments this worker does not know is tried again, since the next worker
    /// may know them; else it is reported at once.</summary>
    bool RetriesUnknownArguments { get; }

    /// <summary>Reads what a message asks for.</summary>
    /// <param name="message">The message.</param>
    /// <param name="options">The queue that it came from.</param>
    /// <exception cref="MessageFormatException">It cannot be read; no other attempt can mend that.</exception>
    MessageCall Read(QueueMessage message, QueueOptions options);

    /// <summary>Writes the reply to a message whose outcome is final; null for none.</summary>
    /// <param name="message">The message.</param>
    /// <param name="status">Completed, failed or cancelled.</param>
    /// <param name="outcome">How it ended.</param>
    ReadOnlyMemory<byte>? Reply(QueueMessage message, TaskState status, TaskOutcome outcome);
}

/// <summary>What a message asks for.</summary>
/// <param name="Endpoint">Path of the endpoint below <c>/api/v1</c>, with its leading slash.</param>
/// <param name="Payload">One JSON object in UTF-8.</param>
/// <param name="HasTextValues">Whether its values are text that the parameters' types give a meaning to.</param>
public sealed record MessageCall(string Endpoint, ReadOnlyMemory<byte> Payload, bool HasTextValues = false);

/// <summary>A message cannot be read. The message of the exception is one sentence for the operator.</summary>
public sealed class MessageFormatException : Exception
{
    /// <summary>Creates the exception with a finished sentence.</summary>
    public MessageFormatException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
