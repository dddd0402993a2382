using JobRunner.Cli.Commands;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private const string Job = "public class Job { public int Perform() => 1; }";

    private readonly TemporaryFolder _folder = new();
    private readonly RecordedHosting _hosting = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("run")]
    [InlineData(null)]
    public async Task A_job_is_served_with_and_without_the_word_run(string? command)
    {
        var path = _folder.Write("Job.cs", Job);
        var manifest = _folder.Write("other.yaml", "name: other");
        string[] words = command is null ? [] : [command];

        var exitCode = await RunAsync(
            [.. words, path, "--port", "0", "--host", "127.0.0.1", "--class", "Job", "--manifest-path", manifest]);

        exitCode.ShouldBe(0);
        var served = _hosting.Served.ShouldHaveSingleItem();
        served.Port.ShouldBe(0);
        served.Host.ShouldBe("127.0.0.1");
        served.Job.Directory.ShouldBe(_folder.Path);
        served.Job.ManifestPath.ShouldBe(manifest);
        (await served.Job.Loader.LoadAsync(TestContext.Current.CancellationToken)).Type.Name.ShouldBe("Job");
    }

    [Fact]
    public async Task What_is_not_set_is_left_to_the_host()
    {
        await RunAsync([_folder.Write("Job.cs", Job)]);

        var served = _hosting.Served.ShouldHaveSingleItem();
        served.Port.ShouldBeNull();
        served.Host.ShouldBeNull();
        served.Job.ManifestPath.ShouldBeNull();
    }

    [Fact]
    public async Task Options_may_stand_before_the_job()
    {
        await RunAsync(["--port", "8080", _folder.Write("Job.cs", Job)]);

        _hosting.Served.ShouldHaveSingleItem().Port.ShouldBe(8080);
    }

    [Fact]
    public async Task A_path_that_does_not_exist_is_wrong_usage() =>
        await ShouldBeWrongUsageAsync(
            ["run", "no/Such.cs"],
            "There is no file or folder 'no/Such.cs'; give a .dll, .cs or .csproj file, or a folder holding one.",
            "See 'jobrunner run --help'.");

    [Theory]
    [InlineData("run", "Required argument missing for command: 'run'.", "jobrunner run")]
    [InlineData("inspekt", "There is no command, option or argument 'inspekt'.", "jobrunner")]
    [InlineData("", "Required command was not provided.", "jobrunner")]
    public async Task A_line_that_names_no_job_is_wrong_usage(string line, string sentence, string command) =>
        await ShouldBeWrongUsageAsync(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries), sentence, $"See '{command} --help'.");

    [Fact]
    public async Task A_folder_needs_no_dot_in_its_name()
    {
        _folder.Write("Job.cs", Job);

        (await RunAsync([_folder.Path])).ShouldBe(0);

        _hosting.Served.ShouldHaveSingleItem().Job.Directory.ShouldBe(_folder.Path);
    }

    [Fact]
    public async Task A_manifest_that_does_not_exist_is_wrong_usage() =>
        await ShouldBeWrongUsageAsync(
            ["inspect", _folder.Write("Job.cs", Job), "--manifest-path", "no.yaml"],
            "There is no manifest 'no.yaml'; give the path of a job.yaml.",
            "See 'jobrunner inspect --help'.");

    [Theory]
    [InlineData("99999")]
    [InlineData("-1")]
    [InlineData("http")]
    public async Task A_port_that_is_none_is_wrong_usage(string port) =>
        await ShouldBeWrongUsageAsync(
            ["run", "Job.cs", "--port", port],
            $"--port takes a number from 0 to 65535, not '{port}'.",
            "See 'jobrunner run --help'.");

    [Fact]
    public async Task An_unknown_option_is_wrong_usage() =>
        await ShouldBeWrongUsageAsync(
            ["run", "Job.cs", "--prot", "80"],
            "There is no command, option or argument '--prot'.",
            "See 'jobrunner run --help'.");

    [Fact]
    public async Task A_job_that_does_not_load_is_one_sentence_and_exit_code_1()
    {
        _hosting.Failure = new JobLoadException("The class Job is odd; change it.");

        (await RunAsync(["inspect", _folder.Write("Job.cs", Job)])).ShouldBe(1);

        _error.ToString().ShouldBe($"The class Job is odd; change it.{Environment.NewLine}");
        _output.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Verbose_shows_where_an_error_comes_from()
    {
        _hosting.Failure = new JobLoadException("The class Job is odd; change it.");

        (await RunAsync(["inspect", _folder.Write("Job.cs", Job), "--verbose"])).ShouldBe(1);

        _error.ToString().ShouldContain("   at JobRunner.Cli.");
    }

    [Theory]
    [InlineData("--help", "jobrunner Job.cs ")]
    [InlineData("run --help", "jobrunner run Job.cs ")]
    [InlineData("inspect --help", "jobrunner inspect . --json ")]
    public async Task Help_ends_with_examples(string args, string example)
    {
        (await RunAsync(args.Split(' '))).ShouldBe(0);

        var help = _output.ToString();
        help.ShouldContain("Usage:");
        help.ShouldNotContain("JobRunner.Cli");
        help[help.IndexOf("Examples:", StringComparison.Ordinal)..].ShouldContain(example);
        help.ShouldContain("--verbose");
    }

    [Fact]
    public async Task Help_calls_the_tool_by_its_name()
    {
        await RunAsync(["run", "--help"]);

        _output.ToString().ShouldContain("jobrunner run <JOB> [options]");
    }

    [Fact]
    public async Task Help_tells_how_to_complete_in_a_shell()
    {
        await RunAsync(["--help"]);

        _output.ToString().ShouldContain("complete -o default -F _jobrunner jobrunner");
    }

    [Theory]
    [InlineData("jobrunner ins", "inspect")]
    [InlineData("jobrunner run --po", "--port")]
    public async Task The_suggest_directive_completes_a_line(string line, string completion)
    {
        (await RunAsync([$"[suggest:{line.Length}]", line])).ShouldBe(0);

        _output.ToString().Split(Environment.NewLine).ShouldContain(completion, StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_suggest_directive_completes_paths_of_jobs()
    {
        _folder.Write("Job.cs", Job);
        _folder.Write("Notes.txt", "");
        var line = $"jobrunner run {_folder.Path}/";

        await RunAsync([$"[suggest:{line.Length}]", line]);

        var completions = _output.ToString().Split(Environment.NewLine);
        completions.ShouldContain(_folder["Job.cs"], StringComparer.Ordinal);
        completions.ShouldNotContain(_folder["Notes.txt"], StringComparer.Ordinal);
    }

    private Task<int> RunAsync(string[] args) =>
        new CommandLine(_hosting, _output, _error).RunAsync(args, TestContext.Current.CancellationToken);

    private async Task ShouldBeWrongUsageAsync(string[] args, params string[] lines)
    {
        (await RunAsync(args)).ShouldBe(2);

        _error.ToString().ShouldBe(string.Concat(lines.Select(line => line + Environment.NewLine)));
        _output.ToString().ShouldBeEmpty();
        _hosting.Served.ShouldBeEmpty();
    }

    private sealed class RecordedHosting : IJobHosting
    {
        public List<(HostedJob Job, int? Port, string? Host)> Served { get; } = [];

        public Exception Failure { get; set; } = new InvalidOperationException("nothing to inspect");

        public Task ServeAsync(
            HostedJob job, int? port, string? host, IReadOnlyList<string> queues, CancellationToken cancellationToken)
        {
            Served.Add((job, port, host));
            return Task.CompletedTask;
        }

        public Task WorkAsync(HostedJob job, QueueWorkOptions work, CancellationToken cancellationToken) =>
            Task.FromException(Failure);

        public JobQueueClient CreateClient(string url) => throw Failure;

        public Task<JobReport> InspectAsync(HostedJob job, CancellationToken cancellationToken) =>
            Task.FromException<JobReport>(Failure);
    }
}
