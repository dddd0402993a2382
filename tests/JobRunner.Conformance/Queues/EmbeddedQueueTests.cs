using JobRunner.Queues.Embedded;
using JobRunner.Tasks.Embedded;

namespace JobRunner.Conformance.Queues;

/// <summary>The queue in one file; each handle has a store of its own, as each process does.</summary>
public sealed class SqliteQueueTests : StoredQueueSuite
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("queue-");
    private readonly List<EmbeddedTransport> _stores = [];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var store in _stores)
            await store.DisposeAsync();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override IJobQueue Create(QueueSetup setup)
    {
        var stores = new EmbeddedTransport(TimeProvider.System);
        _stores.Add(stores);
        return EmbeddedSetup.Create(stores, setup, $"sqlite:{_folder.FullName}/tasks.db?queue={setup.Name}");
    }
}

/// <summary>The queue in memory; all handles share it.</summary>
public sealed class MemoryQueueTests : StoredQueueSuite
{
    private readonly EmbeddedTransport _stores = new(TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override IJobQueue Create(QueueSetup setup) =>
        EmbeddedSetup.Create(_stores, setup, $"memory:?queue={setup.Name}");
}

internal static class EmbeddedSetup
{
    private const int MaxInterruptions = 10;

    public static IJobQueue Create(EmbeddedTransport stores, QueueSetup setup, string url) =>
        new EmbeddedQueues(stores, MaxInterruptions, TimeProvider.System).Create(new QueueOptions
        {
            Url = QueueUrl.Parse(url),
            VisibilityTimeout = setup.VisibilityTimeout,
            MaxMessageSize = setup.MaxMessageSize,
        });
}
