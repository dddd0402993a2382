namespace JobRunner.Manifest;

/// <summary>The keys of <c>queues[]</c>, in the manifest and in a queue URL's query.</summary>
internal static class QueueSchema
{
    private static readonly QueueOptions Start = new() { Url = QueueUrl.Parse("memory:") };

    private static readonly Dictionary<string, string[]> SchemesOfFormat = new(StringComparer.Ordinal)
    {
        ["rq"] = ["redis", "rediss"],
        ["executer-tracker"] = ["redis", "rediss"],
        ["function-spawner"] = ["nats", "tls"],
        ["tasker"] = ["amqp", "amqps"],
    };

    public static Schema<QueueOptions> Keys { get; } = new()
    {
        { "url", Kinds.Url, (queue, value) => queue with { Url = value } },
        { "format", Kinds.OneOf("job", "rq", "executer-tracker", "function-spawner", "tasker"), (queue, value) => queue with { Format = value } },
        { "endpoint", Kinds.Path, (queue, value) => queue with { Endpoint = value } },
        { "executor", ExecutorSchema.Read, (queue, value) => queue with { Executor = value } },
        { "max_concurrency", Kinds.Whole(1), (queue, value) => queue with { MaxConcurrency = value } },
        { "max_attempts", Kinds.Whole(1), (queue, value) => queue with { MaxAttempts = value } },
        { "retry_delay", Kinds.Wait, (queue, value) => queue with { RetryDelay = value } },
        { "max_retry_delay", Kinds.Wait, (queue, value) => queue with { MaxRetryDelay = value } },
        { "visibility_timeout", Kinds.PositiveWait, (queue, value) => queue with { VisibilityTimeout = value } },
        { "dead_letter", Kinds.Text, (queue, value) => queue with { DeadLetter = value } },
        { "results", Kinds.Text, (queue, value) => queue with { Results = value } },
        { "results_spill", Kinds.Text, (queue, value) => queue with { ResultsSpill = value } },
        { "functions", Kinds.MapOf(Kinds.Text, Kinds.Path), (queue, value) => queue with { Functions = value } },
        { "hash", Kinds.OneOf(("content", HashSource.Content), ("sidecar", HashSource.Sidecar)), (queue, value) => queue with { Hash = value } },
        { "consumer_timeout", Kinds.PositiveWait, (queue, value) => queue with { ConsumerTimeout = value } },
        { "max_message_size", Kinds.Size, (queue, value) => queue with { MaxMessageSize = value } },
    };

    // A mapping cannot stand in a query, and the URL cannot stand in itself.
    private static IEnumerable<string> NamesInQuery => Keys.Names.Where(name => name is not ("url" or "functions"));

    public static QueueOptions Read(ManifestNode node, Place at)
    {
        var queue = Keys.Read(node, at, Start, UnknownKeys.Refuse);
        if (((MapNode)node).Find("url") is not ScalarNode { IsNull: false } url) throw at.Missing(node, "url");
        return WithQuery(queue, url, at.Of("url"));
    }

    public static QueueOptions FromUrl(string text)
    {
        var at = new Place(new LoadContext("queue URL", Environment.GetEnvironmentVariable), "url");
        var written = new ScalarNode(text, text, isPlain: true, default);
        return WithQuery(Start with { Url = Kinds.Url(written, at) }, written, at);
    }

    private static QueueOptions WithQuery(QueueOptions queue, ScalarNode written, Place at)
    {
        var url = queue.Url;
        var position = written.Position;
        var transport = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in url.Parameters)
        {
            if (TransportNames(url.Scheme).Contains(name, StringComparer.Ordinal))
            {
                transport[name] = Transport(name, Part(value, written), at);
                continue;
            }

            if (!NamesInQuery.Contains(name, StringComparer.Ordinal) || Keys.Find(name) is not { } key)
                throw at.UnknownInQuery(Part(name, written), [.. TransportNames(url.Scheme), .. NamesInQuery]);
            queue = key.Apply(queue, Part(value, written), at.Query(name));
        }

        if (SchemesOfFormat.TryGetValue(queue.Format, out var schemes) && !schemes.Contains(url.Scheme, StringComparer.Ordinal))
        {
            throw at.Load.Error(
                $"{at.Key} has the format {queue.Format}, which works over {schemes[0]}: and not over {url.Scheme}:",
                position,
                at.Key);
        }

        return queue with { Url = url with { Parameters = transport.AsReadOnly() } };
    }

    private static string[] TransportNames(string scheme) => scheme switch
    {
        "redis" or "rediss" => ["stream", "group", "consumer", "queue"],
        "nats" or "tls" => ["stream", "subject", "durable", "group", "mode"],
        _ => ["queue"],
    };

    private static string Transport(string name, ScalarNode value, Place at)
    {
        var kind = name is "mode" ? Kinds.OneOf("core", "jetstream") : Kinds.Text;
        return kind(value, at.Query(name));
    }

    // Where variables were put in, nobody can tell which part of the URL came from one: errors show it as written.
    private static ScalarNode Part(string text, ScalarNode url) => new(
        text,
        string.Equals(url.Text, url.Written, StringComparison.Ordinal) ? text : QueueUrl.Redact(url.Written),
        isPlain: true,
        url.Position);
}
