using System.Text;
using System.Text.Json.Nodes;
using JobRunner.Queues;
using JobRunner.Tasks;
using JobRunner.Tests.Execution;

namespace JobRunner.Tests.Queues;

/// <summary>What becomes of messages after their runs: retries, dead letters, replies, results that are too large.</summary>
public sealed class MessageEndTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-ends-").FullName;
    private readonly QueueHooks _hooks = new();
    private readonly EndJob _job = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_exception_type_that_is_marked_so_is_not_tried_again()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&retry_delay=1ms&max_attempts=5");
        var id = await host.PutAsync("{}", "/hopeless");

        var record = await host.EndAsync(id);

        (record.Status, record.Attempts, _job.Calls).ShouldBe((TaskState.Failed, 1, 1));
    }

    [Fact]
    public async Task Each_retry_waits_twice_as_long_with_jitter_and_never_longer_than_may_be()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&retry_delay=8ms&max_retry_delay=20ms&max_attempts=5");
        var id = await host.PutAsync("{}", "/broken");

        (await host.EndAsync(id)).Attempts.ShouldBe(5);

        double[] bounds = [8, 16, 20, 20];
        _hooks.Delays.Count.ShouldBe(bounds.Length);
        foreach (var (delay, bound) in _hooks.Delays.Zip(bounds))
            delay.TotalMilliseconds.ShouldBeInRange(bound * 0.8, bound);
    }

    [Fact]
    public void Jitter_spreads_what_failed_together()
    {
        var delays = Enumerable.Range(0, 200).Select(_ => RetryDelay.After(3, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))).ToList();

        delays.ShouldAllBe(delay => delay >= TimeSpan.FromSeconds(3.2) && delay <= TimeSpan.FromSeconds(4));
        delays.Distinct().Count().ShouldBeGreaterThan(100);
        RetryDelay.After(1000, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)).ShouldBeInRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_dead_letter_that_is_put_back_has_all_its_attempts_again()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&retry_delay=1ms&max_attempts=2");
        var id = await host.PutAsync("{}", "/broken");
        await host.EndAsync(id);
        var letter = (await host.Queue.ListDeadLettersAsync(10, after: null, CancellationToken.None)).Letters.ShouldHaveSingleItem();
        (letter.Message.Id, letter.Error, letter.Attempts).ShouldBe((id, "broken", 2));
        letter.FirstFailedAt.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(letter.LastFailedAt.ShouldNotBeNull());

        (await host.Queue.RetryDeadLettersAsync([id], CancellationToken.None)).ShouldBe(1);
        await Eventually.TrueAsync(() => _job.Calls == 4, () => $"{_job.Calls} calls");

        (await host.EndAsync(id)).Status.ShouldBe(TaskState.Failed);
        (await host.Queue.PurgeDeadLettersAsync(ids: null, CancellationToken.None)).ShouldBe(1);
        (await host.Queue.ListDeadLettersAsync(10, after: null, CancellationToken.None)).Letters.ShouldBeEmpty();
    }

    [Fact]
    public async Task Higher_priorities_run_first_and_equals_in_the_order_in_which_they_were_put()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, maxConcurrency: 1);
        await host.Queue.PauseAsync(CancellationToken.None);
        var ids = new List<string>();
        int[] priorities = [0, 9, 5, 9, 0, 1];
        foreach (var (number, priority) in priorities.Index())
            ids.Add(await host.PutAsync($$"""{"number": {{number}}}""", "/note", priority));

        await host.Queue.ResumeAsync(CancellationToken.None);

        foreach (var id in ids)
            await host.EndAsync(id);
        _job.Notes.ShouldBe([1, 3, 2, 5, 0, 4]);
    }

    [Theory]
    [InlineData(null, "7")]
    [InlineData("/text", "\"xxxxxxx\"")]
    [InlineData("text", "\"xxxxxxx\"")]
    public async Task The_queues_endpoint_is_called_where_a_message_does_not_say(string? endpoint, string result)
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&endpoint=/note");
        var id = await host.PutAsync(endpoint is null ? """{"number": 7}""" : """{"length": 7}""", endpoint);
        if (endpoint is null)
        {
            // What is put by other programs names no endpoint.
            (await host.RecordAsync(id)).Endpoint.ShouldBe("/note");
        }

        Encoding.UTF8.GetString((await host.EndAsync(id)).Result!.Value.Span).ShouldBe(result);
    }

    [Fact]
    public async Task A_message_whose_deadline_passes_while_it_runs_is_cancelled_and_fails()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&max_attempts=1");
        var id = (await host.Queue.PutAsync(
            [new QueueMessage { Body = "{}"u8.ToArray(), Endpoint = "/wait", Deadline = DateTimeOffset.UtcNow.AddSeconds(1) }],
            CancellationToken.None))[0];

        (await host.EndAsync(id)).Status.ShouldBe(TaskState.Failed);

        _job.WasCancelled.ShouldBeTrue();
    }

    [Fact]
    public async Task A_success_and_a_failure_are_answered_in_the_native_form()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&results=answers&max_attempts=1");
        var good = (await host.Queue.PutAsync(
            [new QueueMessage { Body = """{"number": 3}"""u8.ToArray(), Endpoint = "/note", ReplyTo = "mine" }], CancellationToken.None))[0];
        await host.EndAsync(good);
        var bad = await host.PutAsync("{}", "/broken");
        await host.EndAsync(bad);

        await Eventually.TrueAsync(async () => (await AnswersAsync(host, "answers")).Count == 2, "both are answered");
        var answers = await AnswersAsync(host, "answers");
        answers[0].ToJsonString().ShouldBe($$"""{"id":"{{good}}","status":"completed","result":3}""");
        answers[1].ToJsonString().ShouldBe($$"""{"id":"{{bad}}","status":"failed","error":"broken","type":"InvalidOperationException","attempt":1}""");
        (await AnswersAsync(host, "mine")).ShouldHaveSingleItem().ToJsonString().ShouldBe(answers[0].ToJsonString());
    }

    [Fact]
    public async Task A_result_over_the_limit_fails_the_task_with_both_numbers()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&results=answers&max_message_size=400");
        var id = await host.PutAsync("""{"length": 500}""", "/text");

        var record = await host.EndAsync(id);

        record.Status.ShouldBe(TaskState.Failed);
        record.ErrorType.ShouldBe("ResultTooLarge");
        record.Error!.ShouldMatch("^the result has 5[0-9]{2} bytes as a message, and the queue takes at most 400$");
        (await host.Queue.ListDeadLettersAsync(10, after: null, CancellationToken.None)).Letters.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_result_over_the_limit_goes_to_a_file_where_results_may_spill()
    {
        var folder = Path.Combine(_folder, "spilled", "results");
        await using var host = await QueueHost.StartAsync(
            _job, _hooks, $"&results=answers&max_message_size=400&results_spill={Uri.EscapeDataString(folder)}");
        var large = await host.PutAsync("""{"length": 500}""", "/text");
        var small = await host.PutAsync("""{"length": 5}""", "/text");

        (await host.EndAsync(large)).Status.ShouldBe(TaskState.Completed);
        (await host.EndAsync(small)).Status.ShouldBe(TaskState.Completed);

        await Eventually.TrueAsync(async () => (await AnswersAsync(host, "answers")).Count == 2, "both are answered");
        var answers = (await AnswersAsync(host, "answers")).ToDictionary(answer => (string)answer["id"]!, StringComparer.Ordinal);
        var file = (string)answers[large]["result"]!["file"]!;
        file.ShouldBe(Path.Combine(folder, $"{large}.json"));
        (await File.ReadAllTextAsync(file)).ShouldBe($"\"{new string('x', 500)}\"");
        ((string)answers[small]["result"]!).ShouldBe("xxxxx");
        Directory.GetFiles(folder).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_spilled_result_of_a_message_whose_id_is_a_path_stays_in_the_folder()
    {
        var folder = Path.Combine(_folder, "spilled");
        await using var host = await QueueHost.StartAsync(
            _job, _hooks, $"&results=answers&max_message_size=400&results_spill={Uri.EscapeDataString(folder)}");
        await host.Queue.PutAsync(
            [new QueueMessage { Id = "../../escaped", Body = """{"length": 500}"""u8.ToArray(), Endpoint = "/text" }], CancellationToken.None);

        (await host.EndAsync("../../escaped")).Status.ShouldBe(TaskState.Completed);

        Path.GetDirectoryName(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).ShouldHaveSingleItem()).ShouldBe(folder);
    }

    private static async Task<List<JsonNode>> AnswersAsync(QueueHost host, string destination) =>
        [.. (await host.Queue.Store!.PeekAsync(destination, 10, CancellationToken.None)).Select(task => JsonNode.Parse(task.Payload.Span)!)];

    public sealed class EndJob
    {
        private int _calls;

        public int Calls => _calls;

        public bool WasCancelled { get; private set; }

        public List<int> Notes { get; } = [];

        public int Perform() => 1;

        [JobEndpoint("/hopeless")]
        public void Hopeless()
        {
            _calls++;
            throw new HopelessException();
        }

        [JobEndpoint("/broken")]
        public void Broken()
        {
            _calls++;
            throw new InvalidOperationException("broken");
        }

        [JobEndpoint("/note")]
        public int Note(int number)
        {
            Notes.Add(number);
            return number;
        }

        [JobEndpoint("/text")]
        public string Text(int length) => new('x', length);

        [JobEndpoint("/wait")]
        public async Task WaitAsync(CancellationToken cancellationToken)
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                WasCancelled = true;
                throw;
            }
        }
    }

    [NoRetry]
    private sealed class HopelessException : Exception;
}
