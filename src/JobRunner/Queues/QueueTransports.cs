namespace JobRunner.Queues;

/// <summary>The transports that this process has, by the scheme of a URL.</summary>
internal sealed class QueueTransports(IEnumerable<IJobQueueTransport> queues, IEnumerable<ITaskStoreTransport> stores)
{
    // Whoever registers later wins, as with any other service.
    private readonly IJobQueueTransport[] _queues = [.. queues.Reverse()];
    private readonly ITaskStoreTransport[] _stores = [.. stores.Reverse()];

    /// <summary>Makes a queue; nothing is connected yet.</summary>
    /// <exception cref="JobLoadException">No transport knows the scheme.</exception>
    public IJobQueue CreateQueue(QueueOptions options) => TransportOf(options.Url).Create(options);

    /// <summary>Checks that there is a transport for a URL.</summary>
    /// <exception cref="JobLoadException">No transport knows the scheme.</exception>
    public void Check(QueueUrl url) => TransportOf(url);

    private IJobQueueTransport TransportOf(QueueUrl url)
    {
        if (Array.Find(_queues, transport => transport.Schemes.Contains(url.Scheme, StringComparer.Ordinal)) is { } found)
            return found;
        var known = _queues.SelectMany(transport => transport.Schemes).Distinct(StringComparer.Ordinal);
        throw new JobLoadException(
            $"The queue {url} needs a transport for {url.Scheme}:, which this host does not have; "
            + $"it has {string.Join(", ", known.Order(StringComparer.Ordinal).Select(name => $"{name}:"))}. Add the package "
            + $"JobRunner.{Package(url.Scheme)} and call services.Add{Package(url.Scheme)}Queues().");
    }

    private static string Package(string scheme) => scheme switch
    {
        "redis" or "rediss" => "Redis",
        "nats" or "tls" => "Nats",
        _ => "RabbitMq",
    };

    /// <summary>Makes the store of a URL; null where no transport knows its scheme.</summary>
    public ITaskStore? CreateStore(QueueUrl url) =>
        Array.Find(_stores, transport => transport.Schemes.Contains(url.Scheme, StringComparer.Ordinal))?.Create(url);
}
