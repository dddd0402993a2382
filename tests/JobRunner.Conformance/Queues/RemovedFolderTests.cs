using JobRunner.Tasks.Embedded;

namespace JobRunner.Conformance.Queues;

public sealed class RemovedFolderTests
{
    [Fact]
    public async Task A_store_whose_folder_is_gone_closes_without_ending_the_process()
    {
        var folder = Directory.CreateTempSubdirectory("store-");
        await using var stores = new EmbeddedTransport(TimeProvider.System);
        var store = stores.Create(QueueUrl.Parse($"sqlite:{folder.FullName}/tasks.db"));
        await store.OpenAsync(TestContext.Current.CancellationToken);
        folder.Delete(recursive: true);

        // The writer closes on a thread of its own, where an exception would have nobody to catch it.
        await store.DisposeAsync();

        Directory.Exists(folder.FullName).ShouldBeFalse();
    }
}
