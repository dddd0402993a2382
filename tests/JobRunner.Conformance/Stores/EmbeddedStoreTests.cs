using JobRunner.Tasks.Embedded;
using Microsoft.Data.Sqlite;

namespace JobRunner.Conformance.Stores;

public sealed class MemoryStoreTests : TaskStoreConformance
{
    protected override ITaskStore Create(ManualTime time) => new EmbeddedStore(Database.InMemory(), time);
}

public sealed class SqliteStoreTests : TaskStoreConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-").FullName;

    private string File => Path.Combine(_folder, "tasks.db");

    protected override ITaskStore Create(ManualTime time) => new EmbeddedStore(Database.InFile(File), time);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Another_process_on_the_file_sees_the_same_records_and_is_woken()
    {
        await using var other = Create(Time);
        await other.OpenAsync(Cancel);
        var added = await AddAsync();
        var lease = (await other.ClaimAsync(new TaskClaim(NewTask.HttpQueue, 1, Lease), Cancel)).ShouldHaveSingleItem();
        using var watch = Store.Changes.Watch(added.Id);
        var waiting = watch.WaitAsync(Cancel);
        await other.FinishAsync(lease, Result(), Cancel);
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task A_file_of_a_newer_release_is_refused_with_a_sentence()
    {
        await Store.DisposeAsync();
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=false"))
        {
            connection.Open();
            connection.Execute("PRAGMA user_version = 999");
        }

        await using var store = Create(Time);
        (await Should.ThrowAsync<TaskStoreException>(() => store.OpenAsync(Cancel))).Message.ShouldContain("newer release");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        await using var store = new EmbeddedStore(Database.InFile("/proc/jobrunner/tasks.db"), Time);
        var error = await Should.ThrowAsync<TaskStoreException>(() => store.AddAsync(Task(), null, Cancel));
        error.Message.ShouldContain("/proc/jobrunner/tasks.db");
        error.Message.ShouldContain("JOBRUNNER_DATA_DIR");
    }
}
