namespace JobRunner.Nats.Protocol;

/// <summary>Anything that goes wrong between this client and its server.</summary>
internal class NatsException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The server said something that is not NATS's protocol; the connection is given up.</summary>
internal sealed class NatsProtocolException(string message) : NatsException(message);

/// <summary>The server refused the connection or a command.</summary>
internal sealed class NatsServerException(string error) : NatsException($"The server says: {error}");

/// <summary>There is no connection and none could be made in time.</summary>
internal sealed class NatsUnavailableException(string message, Exception? cause = null) : NatsException(message, cause);

/// <summary>The connection was lost while an answer was awaited: whether the request was carried out is unknown.</summary>
internal sealed class NatsDisconnectedException(string message, Exception? cause = null) : NatsException(message, cause);

/// <summary>Nobody listens to the subject of a request.</summary>
internal sealed class NatsNoRespondersException(string subject) : NatsException($"Nobody answers on {subject}.");

/// <summary>The answer did not come in time.</summary>
internal sealed class NatsTimeoutException(string subject, TimeSpan timeout)
    : NatsException($"No answer on {subject} within {timeout.TotalSeconds:0.###} s.");

/// <summary>The message is larger than the server takes.</summary>
internal sealed class NatsPayloadTooLargeException(long size, long limit)
    : NatsException($"The message has {size} bytes, the server takes {limit}.")
{
    public long Size { get; } = size;

    public long Limit { get; } = limit;
}
