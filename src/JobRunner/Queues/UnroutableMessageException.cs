namespace JobRunner;

/// <summary>A message was published where no queue takes it, and is nowhere: a reply queue whose owner has left, or a name
/// that is misspelt. Trying again helps only once there is such a queue.</summary>
public sealed class UnroutableMessageException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="destination">Where the message was to go.</param>
    public UnroutableMessageException(string destination)
        : base($"No queue takes messages for {destination}: there is neither a queue of that name nor a binding for it.") =>
        Destination = destination;

    /// <summary>Where the message was to go.</summary>
    public string Destination { get; }
}
