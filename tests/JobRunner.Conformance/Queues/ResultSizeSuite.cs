using System.Globalization;
using System.Text;
using System.Text.Json;
using JobRunner.Execution;
using JobRunner.Hosting;
using JobRunner.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Conformance.Queues;

/// <summary>Hosts whose results are as large as their queue carries, and larger: stored, failed with both numbers, or in a
/// file, and never lost.</summary>
public abstract class ResultSizeSuite : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jobrunner-results-");
    private WebApplication? _app;
    private IJobQueue? _queue;
    private IJobQueue? _results;

    /// <summary>Name of this test's queue.</summary>
    protected string QueueName { get; } = $"q{Guid.NewGuid():N}";

    /// <summary>Where results go; a queue of that name can be read.</summary>
    protected virtual string Destination => $"{QueueName}.results";

    /// <summary>What is the most that the broker takes, where it says so only when it refuses.</summary>
    protected virtual long? HiddenLimit => null;

    /// <summary>Largest result that the store of records takes; null: no limit that matters here.</summary>
    protected virtual long? RecordLimit => null;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Folder => _folder.FullName;

    private IServiceProvider Services => _app!.Services;

    /// <summary>URL of a queue; a limit that the broker does not have itself stands in its query.</summary>
    protected abstract string Url(string queue);

    /// <summary>Adds the transport as an application does.</summary>
    protected abstract void AddTransport(IServiceCollection services);

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        if (_queue is not null) await _queue.DisposeAsync();
        if (_results is not null) await _results.DisposeAsync();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_result_just_under_the_limit_is_recorded_and_sent()
    {
        var limit = await StartAsync();
        var id = await PutAsync(limit - 500);

        var record = await EndAsync(id);

        record.Status.ShouldBe(TaskState.Completed, record.Error);
        record.Result.ShouldNotBeNull().Length.ShouldBe((int)limit - 500 + 2);
        using var reply = await ReplyAsync();
        reply.RootElement.GetProperty("status").GetString().ShouldBe("completed");
        reply.RootElement.GetProperty("result").GetString()!.Length.ShouldBe((int)limit - 500);
    }

    [Fact]
    public async Task A_result_over_the_limit_fails_the_task_with_both_numbers()
    {
        var limit = await StartAsync();
        var id = await PutAsync(limit + 1);

        using var reply = await ReplyAsync();
        var record = await EndAsync(id);

        (record.Status, record.ErrorType).ShouldBe((TaskState.Failed, "ResultTooLarge"));
        record.Error.ShouldNotBeNull().ShouldContain(limit.ToString(CultureInfo.InvariantCulture));
        reply.RootElement.GetProperty("status").GetString().ShouldBe("failed");
        reply.RootElement.GetProperty("error").GetString().ShouldBe(record.Error);
        await UntilAsync(async () => (await _queue!.InspectAsync(Stop)).DeadLetters == 1);
    }

    [Fact]
    public async Task A_result_over_the_limit_goes_to_a_file_where_the_manifest_names_a_folder()
    {
        var limit = await StartAsync(spills: true);
        var id = await PutAsync(limit + 1);

        using var reply = await ReplyAsync();
        var record = await EndAsync(id);

        (record.Status, record.Error).ShouldBe((TaskState.Completed, null));
        reply.RootElement.GetProperty("status").GetString().ShouldBe("completed");
        var file = reply.RootElement.GetProperty("result").GetProperty("file").GetString().ShouldNotBeNull();
        file.ShouldStartWith(Folder);
        var kept = JsonSerializer.Deserialize<string>(await File.ReadAllBytesAsync(file, Stop)).ShouldNotBeNull();
        kept.Length.ShouldBe((int)limit + 1);
        await UntilAsync(async () => await _queue!.InspectAsync(Stop) is { Depth: 0, DeadLetters: 0 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_result_that_nobody_is_sent_may_be_as_large_as_the_store_takes(bool spills)
    {
        var queueLimit = await StartAsync(spills, isSent: false);
        var limit = RecordLimit ?? queueLimit;
        var id = await PutAsync(limit * 2);

        var record = await EndAsync(id);

        var result = Encoding.UTF8.GetString(record.Result.ShouldNotBeNull().Span);
        if (RecordLimit is null)
        {
            record.Status.ShouldBe(TaskState.Completed);
            result.Length.ShouldBe((int)limit * 2 + 2);
        }
        else if (spills)
        {
            record.Status.ShouldBe(TaskState.Completed);
            result.ShouldContain("\"file\":");
        }
        else
        {
            (record.Status, record.ErrorType).ShouldBe((TaskState.Failed, "ResultTooLarge"));
            record.Error.ShouldNotBeNull().ShouldContain($"{limit * 2 + 2}");
        }
    }

    private async Task<long> StartAsync(bool spills = false, bool isSent = true)
    {
        var manifest = Path.Combine(Folder, "job.yaml");
        await File.WriteAllTextAsync(manifest, $"""
            jobtype_extra:
              shutdown_delay: 0
              store: "sqlite:{Folder}/tasks.db"
              queues:
                - url: "{Url(QueueName)}"
                  results: {(isSent ? Destination : "null")}
                  results_spill: {(spills ? Path.Combine(Folder, "spill") : "null")}
            """, Stop);
        _app = JobServer.Build(
            JobSources.Of(new LargeJob()), new ServeOptions { Port = 0, Host = "127.0.0.1", ManifestPath = manifest },
            ["--Logging:LogLevel:Default=None"], AddTransport);
        await _app.StartAsync(Stop);
        await Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(Patience, Stop);
        _queue = Open(QueueName);
        _results = Open(Destination);
        await _queue.ConnectAsync(Stop);
        await _results.ConnectAsync(Stop);
        return HiddenLimit ?? _queue.MaxMessageSize.ShouldNotBeNull();
    }

    private IJobQueue Open(string queue) => Services.GetRequiredService<QueueTransports>().CreateQueue(QueueOptions.FromUrl(Url(queue)));

    private async Task<string> PutAsync(long length) => (await _queue!.PutAsync(
        [new QueueMessage { Body = Encoding.UTF8.GetBytes($$"""{"length": {{length}}}""") }], Stop)).Single();

    private async Task<TaskRecord> EndAsync(string id)
    {
        var transports = Services.GetRequiredService<QueueTransports>();
        var store = _queue!.Store ?? transports.CreateStore(QueueUrl.Parse(Url(QueueName))) ?? Services.GetRequiredService<ITaskStore>();
        await store.OpenAsync(Stop);
        TaskRecord? record = null;
        await UntilAsync(async () => (record = await store.GetAsync(id, Stop)) is { } known && known.Status.IsFinished());
        return record!;
    }

    private async Task<JsonDocument> ReplyAsync()
    {
        IReadOnlyList<QueueLease> came = [];
        await UntilAsync(async () => (came = await _results!.ReceiveAsync(1, TimeSpan.FromSeconds(30), Stop)).Count > 0);
        return JsonDocument.Parse(came.Single().Message.Body);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(Patience);
        while (!await condition())
            await Task.Delay(20, patience.Token);
    }

    private sealed class LargeJob
    {
        public string Perform(int length) => new('x', length);
    }
}

/// <summary>Results over the queue in one file.</summary>
public sealed class SqliteResultSizeTests : ResultSizeSuite
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("jobrunner-data-");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override string Url(string queue) => $"sqlite:{_data.FullName}/queue.db?queue={queue}&max_message_size=200k";

    protected override void AddTransport(IServiceCollection services)
    {
        // It is there already.
    }
}
