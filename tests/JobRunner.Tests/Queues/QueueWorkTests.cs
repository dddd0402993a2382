using System.Text;
using JobRunner.Queues;
using JobRunner.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Queues;

/// <summary>A host that works on an embedded queue of its manifest.</summary>
public sealed class QueueWorkTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-queue-").FullName;
    private readonly QueueJob _job = new();
    private TestHost _host = null!;
    private IJobQueue _queue = null!;

    private string Url => $"sqlite:{_folder}/tasks.db?queue=math&retry_delay=10ms";

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.ServeAsync(_job, $$"""
            jobtype_extra:
              max_concurrency: 2
              shutdown_delay: 0
              store: "sqlite:{{_folder}}/tasks.db"
              queues:
                - url: "{{Url}}"
            """);
        _queue = _host.Services.GetRequiredService<QueueTransports>().CreateQueue(QueueOptions.FromUrl(Url));
        await _queue.ConnectAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_message_runs_and_its_record_holds_the_result()
    {
        var id = await PutAsync("""{"number": 21}""");

        var record = await RecordAsync(id, TaskState.Completed);

        Encoding.UTF8.GetString(record.Result!.Value.Span).ShouldBe("42");
        record.HttpStatus.ShouldBe(200);
        (await _host.GetAsync("/health")).Body.ShouldContain("\"queues\":{\"math\":\"up\"}");
    }

    [Fact]
    public async Task What_fails_is_tried_again_and_then_is_a_dead_letter()
    {
        var id = await PutAsync("""{"number": 1}""", "/fail");

        await RecordAsync(id, TaskState.Failed);

        _job.Seen.ShouldBe([1, 1]);
        var letter = (await _queue.ListDeadLettersAsync(10, after: null, CancellationToken.None)).Letters.ShouldHaveSingleItem();
        letter.Message.Id.ShouldBe(id);
        letter.Error.ShouldBe("cannot do 1");
    }

    [Fact]
    public async Task What_a_retry_cannot_mend_is_not_tried_again()
    {
        var id = await PutAsync("""{"number": 1}""", "/refuse");

        await RecordAsync(id, TaskState.Failed);

        _job.Seen.ShouldBe([1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{\"number\": 1} {}")]
    [InlineData("{\"number\": \"\\ud800\"}")]
    public async Task A_bad_message_is_a_dead_letter_with_its_reason_and_the_next_runs(string body)
    {
        var bad = await PutAsync(body);
        var good = await PutAsync("""{"number": 5}""");

        await RecordAsync(good, TaskState.Completed);
        var record = await RecordAsync(bad, TaskState.Failed);

        record.Error.ShouldNotBeNullOrEmpty();
        (await _queue.ListDeadLettersAsync(10, after: null, CancellationToken.None)).Letters
            .ShouldContain(letter => letter.Message.Id == bad && letter.Error == record.Error);
    }

    [Fact]
    public async Task Http_and_queue_share_the_cap_and_http_waits_for_no_queued_work()
    {
        var ids = new List<string>();
        for (var message = 0; message < 20; message++)
            ids.Add(await PutAsync("""{"milliseconds": 30}""", "/slow"));

        var calls = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _host.CallAsync("/slow", """{"milliseconds": 30}""")));

        calls.ShouldAllBe(call => call.Status == 200);
        var waiting = await _queue.InspectAsync(CancellationToken.None);
        waiting.Depth.ShouldBeGreaterThan(0, "calls go before the messages that still wait");
        foreach (var id in ids)
            await RecordAsync(id, TaskState.Completed);
        _job.MostRunning.ShouldBe(2);
    }

    private async Task<string> PutAsync(string body, string? endpoint = null) =>
        (await _queue.PutAsync([new QueueMessage { Body = Encoding.UTF8.GetBytes(body), Endpoint = endpoint }], CancellationToken.None))[0];

    private async Task<TaskRecord> RecordAsync(string id, TaskState state)
    {
        TaskRecord? record = null;
        await Execution.Eventually.TrueAsync(
            async () => (record = await _queue.Store!.GetAsync(id, CancellationToken.None))?.Status == state,
            () => $"{record?.Status} {record?.Error}");
        return record!;
    }
}
