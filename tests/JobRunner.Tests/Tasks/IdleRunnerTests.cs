using System.Net;
using JobRunner.Tests.Hosting;
using Microsoft.Data.Sqlite;

namespace JobRunner.Tests.Tasks;

public sealed class IdleRunnerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-idle-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_runner_that_looks_for_tasks_takes_no_callers_place()
    {
        var file = Path.Combine(_folder, "tasks.db");
        await using var host = await TaskHost.StartAsync($"store: 'sqlite:{file}'\nmax_concurrency: 1\nmax_concurrency_queue: 0");
        var due = DateTimeOffset.UtcNow.AddSeconds(1);
        using var task = await host.PreferAsync("/perform", """{"number":4}""", ("X-Not-Before", due.ToString("O")));
        var id = (await task.JsonAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!;

        // The file is somebody else's for a while: the runner hangs in the midst of looking.
        await using (var connection = new SqliteConnection($"Data Source={file};Pooling=false"))
        {
            await connection.OpenAsync();
            await using var theirs = connection.BeginTransaction(deferred: false);
            while (DateTimeOffset.UtcNow < due.AddSeconds(1))
            {
                using var answer = await host.Http.CallAsync(payload: """{"number":2}""");
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            }
        }

        (await host.UntilAsync(id, "completed")).GetProperty("result").GetInt32().ShouldBe(8);
    }
}
