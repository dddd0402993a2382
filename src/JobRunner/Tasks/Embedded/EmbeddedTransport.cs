namespace JobRunner.Tasks.Embedded;

/// <summary>The stores that need no server. One file, or memory, is one store in a process, whoever asks for it, so that
/// tasks and queues share its transactions.</summary>
internal sealed class EmbeddedTransport(TimeProvider time) : ITaskStoreTransport, IAsyncDisposable
{
    private readonly Dictionary<string, EmbeddedStore> _stores = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public IReadOnlyCollection<string> Schemes { get; } = ["sqlite", "memory"];

    public ITaskStore Create(QueueUrl url)
    {
        var path = url.Scheme == "memory" ? null : DataFolder.FileOf(url);
        lock (_lock)
        {
            var key = path ?? string.Empty;
            if (!_stores.TryGetValue(key, out var store))
            {
                var database = path is null ? Database.InMemory() : Database.InFile(path);
                _stores[key] = store = new EmbeddedStore(database, time);
            }

            return store;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores.Values)
            await store.DisposeAsync();
    }
}
