using JobRunner.Queues.Embedded;
using JobRunner.Tasks.Embedded;
using Microsoft.Data.Sqlite;

namespace JobRunner.Conformance.Queues;

/// <summary>What a queue's file keeps when all processes have ended.</summary>
public sealed class ReopenedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reopened-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_idempotency_key_holds_when_the_task_has_ended_and_all_processes_too()
    {
        var message = new QueueMessage { Body = "{\"a\":1}"u8.ToArray(), IdempotencyKey = "order-7" };
        string first = "";
        await WithQueueAsync(async queue =>
        {
            first = (await queue.PutAsync([message], CancellationToken.None))[0];
            var lease = (await queue.ReceiveAsync(1, TimeSpan.FromMinutes(1), CancellationToken.None)).ShouldHaveSingleItem();
            await queue.CompleteAsync(lease, new TaskOutcome { HttpStatus = 200, Result = "1"u8.ToArray() }, CancellationToken.None);
        });

        await WithQueueAsync(async queue =>
        {
            (await queue.PutAsync([message with { Id = "another" }], CancellationToken.None)).ShouldBe([first]);
            (await queue.InspectAsync(CancellationToken.None)).Depth.ShouldBe(0);
            var error = await Should.ThrowAsync<ArgumentException>(
                () => queue.PutAsync([message with { Id = "other", Body = "{\"a\":2}"u8.ToArray() }], CancellationToken.None));
            error.Message.ShouldContain("the idempotency key \"order-7\" was used before, for another payload");
        });
    }

    [Fact]
    public async Task Priorities_schedules_pauses_and_dead_letters_outlast_a_restart()
    {
        await WithQueueAsync(async queue =>
        {
            await queue.PutAsync([new QueueMessage { Id = "dead", Body = "{}"u8.ToArray() }], CancellationToken.None);
            var lease = (await queue.ReceiveAsync(1, TimeSpan.FromMinutes(1), CancellationToken.None)).ShouldHaveSingleItem();
            await queue.DeadLetterAsync(lease, new TaskOutcome { HttpStatus = 500, Error = "it broke", Result = "{}"u8.ToArray() }, CancellationToken.None);
            await queue.PutAsync(
                [
                    new QueueMessage { Id = "low", Body = "{}"u8.ToArray() },
                    new QueueMessage { Id = "later", Body = "{}"u8.ToArray(), NotBefore = DateTimeOffset.UtcNow.AddHours(1), Priority = 9 },
                    new QueueMessage { Id = "high", Body = "{}"u8.ToArray(), Priority = 5 },
                ],
                CancellationToken.None);
            await queue.PauseAsync(CancellationToken.None);
        });

        await WithQueueAsync(async queue =>
        {
            (await queue.InspectAsync(CancellationToken.None)).IsPaused.ShouldBeTrue();
            await queue.ResumeAsync(CancellationToken.None);
            (await queue.ReceiveAsync(5, TimeSpan.FromMinutes(1), CancellationToken.None)).Select(lease => lease.Message.Id).ShouldBe(["high", "low"]);
            var letter = (await queue.ListDeadLettersAsync(10, after: null, CancellationToken.None)).Letters.ShouldHaveSingleItem();
            (letter.Message.Id, letter.Error).ShouldBe(("dead", "it broke"));
        });
    }

    [Theory]
    [InlineData("text")]
    [InlineData("nothing")]
    [InlineData("other tables")]
    [InlineData("truncated")]
    [InlineData("scribbled")]
    public async Task A_file_that_is_no_store_is_told_or_taken_over_and_never_ends_the_process(string kind)
    {
        var file = Path.Combine(_folder, "tasks.db");
        switch (kind)
        {
            case "text":
                await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat("this is no database\n", 1000)));
                break;
            case "nothing":
                await File.WriteAllBytesAsync(file, []);
                break;
            case "other tables":
                using (var connection = new SqliteConnection($"Data Source={file};Pooling=false"))
                {
                    connection.Open();
                    connection.Execute("CREATE TABLE tasks(unrelated TEXT)");
                }

                break;
            default:
                await WithQueueAsync(queue => queue.PutAsync([.. Enumerable.Range(0, 500).Select(_ => new QueueMessage { Body = new byte[500] })], CancellationToken.None));
                using (var stream = File.OpenWrite(file))
                {
                    if (kind == "truncated")
                        stream.SetLength(stream.Length / 3);
                    else
                        Scribble(stream);
                }

                break;
        }

        var error = await Record.ExceptionAsync(() => WithQueueAsync(
            queue => queue.PutAsync([new QueueMessage { Body = "{}"u8.ToArray() }], CancellationToken.None)));

        if (kind == "nothing")
            error.ShouldBeNull();
        else
            error.ShouldBeOfType<QueueUnavailableException>().Message.ShouldContain(file);
    }

    [Fact]
    public async Task A_torn_write_ahead_log_loses_only_what_was_never_whole()
    {
        var file = Path.Combine(_folder, "tasks.db");
        string[] ids = [.. Enumerable.Range(0, 50).Select(number => $"message {number}")];
        var copy = Directory.CreateDirectory(Path.Combine(_folder, "copy"));
        await WithQueueAsync(async queue =>
        {
            foreach (var id in ids)
                await queue.PutAsync([new QueueMessage { Id = id, Body = "{}"u8.ToArray() }], CancellationToken.None);

            // As a power cut leaves it: the log is there, its last page is torn.
            foreach (var name in Directory.GetFiles(_folder, "tasks.db*"))
                File.Copy(name, Path.Combine(copy.FullName, Path.GetFileName(name)));
        });
        using (var log = File.OpenWrite(Path.Combine(copy.FullName, "tasks.db-wal")))
            log.SetLength(log.Length - 100);

        await WithQueueAsync(
            async queue =>
            {
                var leases = await queue.ReceiveAsync(100, TimeSpan.FromMinutes(1), CancellationToken.None);
                leases.Select(lease => lease.Message.Id).ShouldBe(ids[..^1]);
            },
            Path.Combine(copy.FullName, "tasks.db"));
        File.Exists(file).ShouldBeTrue();
    }

    private static void Scribble(FileStream stream)
    {
        var noise = new byte[4096];
        new Random(7907).NextBytes(noise);
        for (var page = 1; page < stream.Length / 4096; page++)
        {
            stream.Position = page * 4096;
            stream.Write(noise);
        }
    }

    private async Task WithQueueAsync(Func<IJobQueue, Task> use, string? file = null)
    {
        await using var stores = new EmbeddedTransport(TimeProvider.System);
        var url = QueueUrl.Parse($"sqlite:{file ?? Path.Combine(_folder, "tasks.db")}?queue=jobs");
        await using var queue = new EmbeddedQueues(stores, maxInterruptions: 10, TimeProvider.System).Create(new QueueOptions { Url = url });
        await queue.ConnectAsync(CancellationToken.None);
        await use(queue);
    }
}
