using JobRunner.Cli.Commands;

namespace JobRunner.Cli.Tests.Commands;

/// <summary><c>jobrunner work</c>: its options, and how it ends.</summary>
public sealed class WorkProcessTests : IDisposable
{
    private const string Job = """
        using System.Diagnostics;

        public class Job
        {
            private static int _tries;

            public int Perform(int number) => number;

            [JobEndpoint("/linger")]
            public async Task<string> Linger(string file, CancellationToken cancellationToken)
            {
                File.WriteAllText($"{file}.began", "");
                while (!File.Exists(file))
                    await Task.Delay(10, cancellationToken);
                return file;
            }

            [JobEndpoint("/hold")]
            public void Hold(string file)
            {
                File.WriteAllText($"{file}.began", "");
                while (!File.Exists(file))
                    Thread.Sleep(10);
            }

            [JobEndpoint("/twice")]
            public int Twice() => ++_tries == 2 ? _tries : throw new InvalidOperationException("once more");

            [JobEndpoint("/die")]
            public void Die() => Process.GetCurrentProcess().Kill();
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public WorkProcessTests() => _folder.Write("Job.cs", "using JobRunner;\n" + Job);

    private string Queue => $"sqlite:{_folder["tasks.db"]}?queue=jobs&retry_delay=300ms&visibility_timeout=2s";

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, "There is no JOB; give a .dll, .cs or .csproj file, or a folder holding one.", "name: x")]
    [InlineData(2, "There is no JOB;", "jobtype_extra: {executor: isolated}")]
    [InlineData(1, "the executor \"container\", which this host does not have", "jobtype_extra: {executor: {kind: container, image: busybox}}")]
    [InlineData(1, "the executor \"process\", which this host does not have", "jobtype_extra: {executor: {kind: process, command: [\"true\"]}}")]
    [InlineData(1, "jobtype_extra.max_concurrency", "jobtype_extra: {max_concurrency: many}")]
    public async Task Without_a_job_it_says_what_to_give(int exitCode, string sentence, string manifest)
    {
        _folder.Write("job.yaml", manifest);

        var run = await RunAsync("work", "--queue", Queue);

        (run.ExitCode, run.Output).ShouldBe((exitCode, string.Empty));
        run.Error.ShouldContain(sentence);
    }

    [Fact]
    public async Task A_job_that_is_compiled_takes_a_client_of_its_queue()
    {
        _folder.Write("Countdown.cs", """
            using JobRunner;

            public class Countdown(JobQueueClient queue)
            {
                public async Task<string?> PerformAsync(int number) =>
                    number == 0 ? null : await queue.PutAsync("/perform", new { number = number - 1 });
            }
            """);
        var id = await PutAsync("/perform", new { number = 2 });

        var run = await RunAsync("work", "Countdown.cs", "--queue", Queue, "--burst");

        run.ExitCode.ShouldBe(0, run.Error);
        for (var number = 2; number > 0; number--)
            id = (await ResultAsync<string>(id))!;
        (await ResultAsync<string>(id)).ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_queue_there_is_nothing_to_do()
    {
        var run = await RunAsync("work", "Job.cs");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("There is no queue to work on; give --queue URL, or jobtype_extra.queues in the manifest.");
    }

    [Theory]
    [InlineData("--format takes one of job, rq, executer-tracker, function-spawner, tasker, not 'celery'.", "--format", "celery")]
    [InlineData("--concurrency takes a number of 1 or more, not '0'.", "--concurrency", "0")]
    [InlineData("--concurrency takes a number of 1 or more, not 'two'.", "--concurrency", "two")]
    [InlineData("--workers takes a number of 1 or more, not '-1'.", "--workers", "-1")]
    [InlineData("--port takes a number from 0 to 65535, not '70000'.", "--port", "70000")]
    [InlineData("There is no command, option or argument '--bursts'.", "--bursts")]
    [InlineData("There is no command, option or argument 'Other.cs'.", "Other.cs")]
    [InlineData("There is no manifest 'none.yaml'", "--manifest-path", "none.yaml")]
    [InlineData("Required argument missing for option: '--queue'.", "--queue")]
    public async Task Wrong_usage_is_one_sentence(string sentence, params string[] args)
    {
        var run = await RunAsync(["work", "Job.cs", "--queue", Queue, .. args]);

        (run.ExitCode, run.Output).ShouldBe((2, string.Empty));
        run.Error.ShouldContain(sentence);
        run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_format_that_this_host_does_not_have_is_told()
    {
        var run = await RunAsync("work", "Job.cs", "--queue", Queue, "--format", "tasker");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("has the format \"tasker\", which this host does not know; it knows job.");
    }

    [Fact]
    public async Task Help_names_every_option_with_its_default()
    {
        var help = (await RunAsync("work", "--help")).Output;

        foreach (var text in (string[])
            [
                "--queue <URL>", "--class <NAME>", "--manifest-path <PATH>", "--port <N>", "--host <ADDRESS>", "--concurrency <N>",
                "--workers <N>", "--burst", "--format <NAME>", "--verbose", "default and 0: none", "else the number of cores", "default: job",
                "several times",
            ])
            help.ShouldContain(text);
    }

    [Fact]
    public async Task Several_queues_are_emptied_beside_those_of_the_manifest()
    {
        string[] names = ["one", "two", "three"];
        var urls = names.ToDictionary(name => name, name => $"sqlite:{_folder["tasks.db"]}?queue={name}", StringComparer.Ordinal);
        _folder.Write("job.yaml", $"jobtype_extra: {{queues: [{{url: \"{urls["three"]}\"}}]}}");
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names)
            ids[name] = await PutAsync("/perform", new { number = name.Length }, url: urls[name]);

        var run = await RunAsync("work", "Job.cs", "--queue", urls["one"], "--queue", urls["two"], "--burst");

        run.ExitCode.ShouldBe(0, run.Error);
        foreach (var name in names)
            (await ResultAsync<int>(ids[name], urls[name])).ShouldBe(name.Length);
    }

    [Fact]
    public async Task A_burst_waits_for_its_own_retries_and_not_for_what_is_scheduled()
    {
        var later = await PutAsync("/perform", new { number = 1 }, new PutOptions { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });
        var retried = await PutAsync("/twice", payload: null);

        var run = await RunAsync("work", "Job.cs", "--queue", Queue, "--burst");

        run.ExitCode.ShouldBe(0, run.Error);
        (await ResultAsync<int>(retried)).ShouldBe(2);
        await using var client = new JobHosting().CreateClient(Queue);
        (await client.StatusAsync(later, TestContext.Current.CancellationToken)).ShouldBe(TaskState.Queued);
    }

    [Fact]
    public async Task A_burst_on_an_empty_queue_ends_at_once()
    {
        var run = await RunAsync("work", "Job.cs", "--queue", Queue, "--burst");

        run.ExitCode.ShouldBe(0, run.Error);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_lets_what_runs_end(string signal)
    {
        var id = await PutAsync("/linger", new { file = _folder["go"] });
        await using var worker = JobRunnerProcess.Start(["work", "Job.cs", "--queue", Queue], _folder.Path);
        await BeganAsync();

        await worker.SignalAsync(signal);
        var second = await PutAsync("/perform", new { number = 1 });
        _folder.Write("go", "");

        (await worker.ExitCodeAsync()).ShouldBe(0, worker.Error);
        (await ResultAsync<string>(id)).ShouldBe(_folder["go"]);
        await using var client = new JobHosting().CreateClient(Queue);
        (await client.StatusAsync(second, TestContext.Current.CancellationToken)).ShouldBe(TaskState.Queued);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_second_signal_ends_it_at_once_and_the_message_comes_again(string signal, int exitCode)
    {
        var id = await PutAsync("/hold", new { file = _folder["go"] });
        await using var worker = JobRunnerProcess.Start(["work", "Job.cs", "--queue", Queue], _folder.Path);
        await BeganAsync();

        await worker.SignalAsync("TERM");
        await worker.SignalAsync(signal);

        (await worker.ExitCodeAsync()).ShouldBe(exitCode, worker.Error);
        _folder.Write("go", "");
        await using var other = JobRunnerProcess.Start(["work", "Job.cs", "--queue", Queue], _folder.Path);
        await ResultAsync<object>(id);
    }

    [Fact]
    public async Task What_outlasts_the_grace_period_is_given_back_at_once()
    {
        _folder.Write("job.yaml", "jobtype_extra: {shutdown_grace: 0}");
        var id = await PutAsync("/linger", new { file = _folder["go"] });
        await using var worker = JobRunnerProcess.Start(["work", "Job.cs", "--queue", Queue], _folder.Path);
        await BeganAsync();

        (await worker.TerminateAsync()).ShouldBe(0, worker.Error);

        await using var client = new JobHosting().CreateClient(Queue);
        (await client.StatusAsync(id, TestContext.Current.CancellationToken)).ShouldBe(TaskState.Queued);
    }

    [Fact]
    public async Task A_message_that_kills_its_worker_is_a_dead_letter_after_max_interruptions()
    {
        _folder.Write("job.yaml", "jobtype_extra: {max_interruptions: 2}");
        var id = await PutAsync("/die", payload: null);
        await using var workers = JobRunnerProcess.Start(["work", "Job.cs", "--queue", Queue, "--workers", "1"], _folder.Path);

        await using var client = new JobHosting().CreateClient(Queue);
        var record = await client.WaitAsync(id, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
        var good = await PutAsync("/perform", new { number = 3 });

        record.Status.ShouldBe(TaskState.Failed);
        record.Interruptions.ShouldBe(3);
        record.Attempts.ShouldBe(0);
        (await ResultAsync<int>(good)).ShouldBe(3);
        (await workers.TerminateAsync()).ShouldBe(0);
    }

    private async Task BeganAsync() => await Eventually.IsTrueAsync(() => File.Exists(_folder["go.began"]));

    private async Task<string> PutAsync(string endpoint, object? payload, PutOptions? options = null, string? url = null)
    {
        await using var client = new JobHosting().CreateClient(url ?? Queue);
        return await client.PutAsync(endpoint, payload, options, TestContext.Current.CancellationToken);
    }

    private async Task<T?> ResultAsync<T>(string id, string? url = null)
    {
        await using var client = new JobHosting().CreateClient(url ?? Queue);
        return await client.WaitAsync<T>(id, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] args) =>
        JobRunnerProcess.RunAsync(args, _folder.Path);
}
