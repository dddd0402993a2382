using System.Diagnostics;
using System.Text;
using JobRunner.Tasks.Embedded;
using Microsoft.Data.Sqlite;

namespace JobRunner.Conformance.Stores;

/// <summary>The store on a file system of two megabytes. Mounting one takes root, as the tests' container has it.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-full-").FullName;

    public FullDiskTests() => Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", _folder).ShouldBe(0, "tests of a full disk need root");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Run("umount", _folder);
        Directory.Delete(_folder);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_loses_nothing_that_was_accepted()
    {
        await using var store = new EmbeddedStore(Database.InFile(Path.Combine(_folder, "tasks.db")), TimeProvider.System);
        var payload = Encoding.UTF8.GetBytes("\"" + new string('x', 40_000) + "\"");
        var accepted = new List<string>();
        var error = await Should.ThrowAsync<TaskStoreException>(async () =>
        {
            while (accepted.Count < 1000)
                accepted.Add((await AddAsync(store, payload)).Record!.Id);
        });
        error.Message.ShouldContain("full");
        accepted.ShouldNotBeEmpty();
        foreach (var id in accepted)
            (await store.GetAsync(id, CancellationToken.None)).ShouldNotBeNull().Payload.Length.ShouldBe(payload.Length);

        // Room again, and it goes on without a restart.
        Run("mount", "-o", "remount,size=16m", _folder).ShouldBe(0);
        accepted.Add((await AddAsync(store, payload)).Record!.Id);
        var leases = await store.ClaimAsync(new TaskClaim(NewTask.HttpQueue, 1000, TimeSpan.FromMinutes(1)), CancellationToken.None);
        leases.Select(lease => lease.TaskId).ShouldBe(accepted);
    }

    [Fact]
    public async Task A_folder_that_is_read_only_is_told()
    {
        Run("mount", "-o", "remount,ro", _folder).ShouldBe(0);
        await using var store = new EmbeddedStore(Database.InFile(Path.Combine(_folder, "tasks.db")), TimeProvider.System);
        var error = await Should.ThrowAsync<TaskStoreException>(() => AddAsync(store, "{}"u8.ToArray()));
        error.Message.ShouldContain(_folder);
        error.Message.ShouldContain("JOBRUNNER_DATA_DIR");
        (await Should.ThrowAsync<TaskStoreException>(() => AddAsync(store, "{}"u8.ToArray()))).Message.ShouldBe(error.Message);
    }

    private static Task<TaskAddition> AddAsync(ITaskStore store, byte[] payload) =>
        store.AddAsync(new NewTask { Endpoint = "/perform", Payload = payload }, maxQueued: null, CancellationToken.None);

    private static int Run(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
