using System.Diagnostics;
using JobRunner.Cli.Commands;
using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Commands;

/// <summary><c>jobrunner work --workers N</c>: what becomes of the processes when one of them, or a signal, ends them.</summary>
public sealed class SupervisedWorkersTests : IDisposable
{
    private const string Job = """
        public class Job
        {
            public async Task<string> Perform(string file, CancellationToken cancellationToken)
            {
                File.WriteAllText($"{file}.began", $"{Environment.ProcessId}");
                while (!File.Exists(file))
                    await Task.Delay(10, cancellationToken);
                return file;
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public SupervisedWorkersTests() => _folder.Write("Job.cs", Job);

    private string Queue => $"sqlite:{_folder["tasks.db"]}?queue=jobs";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Ctrl_C_on_a_terminal_lets_what_runs_end()
    {
        var id = await PutAsync();

        // A terminal sends the signal to all processes of its group.
        await using var workers = JobRunnerProcess.StartExecutable("/usr/bin/setsid",
            [Path.Combine(AppContext.BaseDirectory, "JobRunner.Cli"), "work", "Job.cs", "--queue", Queue, "--workers", "2"], _folder.Path);
        await BeganAsync();

        await SignalGroupAsync(workers.Id, "INT");
        _folder.Write("go", "");

        (await workers.ExitCodeAsync()).ShouldBe(0, workers.Error);
        await using var client = new JobHosting().CreateClient(Queue);
        (await client.StatusAsync(id, TestContext.Current.CancellationToken)).ShouldBe(TaskState.Completed);
    }

    [Fact]
    public async Task A_second_signal_ends_them_all_at_once()
    {
        await PutAsync();
        await using var workers = JobRunnerProcess.Start(["work", "Job.cs", "--queue", Queue, "--workers", "2"], _folder.Path);
        var worker = await BeganAsync();

        await workers.SignalAsync("TERM");
        await workers.SignalAsync("INT");

        (await workers.ExitCodeAsync()).ShouldBe(130, workers.Error);
        Directory.Exists($"/proc/{worker}").ShouldBeFalse();
    }

    [Fact]
    public async Task Workers_whose_parent_is_killed_end_what_runs_and_stop()
    {
        var id = await PutAsync();
        await using var workers = JobRunnerProcess.Start(["work", "Job.cs", "--queue", Queue, "--workers", "2"], _folder.Path);
        var worker = await BeganAsync();
        using var process = Process.GetProcessById(worker);

        await workers.SignalAsync("KILL");
        await Eventually.IsTrueAsync(() => !File.ReadAllText($"/proc/{worker}/status").Contains($"PPid:\t{workers.Id}\n", StringComparison.Ordinal));
        _folder.Write("go", "");

        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
        await using var client = new JobHosting().CreateClient(Queue);
        (await client.StatusAsync(id, TestContext.Current.CancellationToken)).ShouldBe(TaskState.Completed);
    }

    [Fact]
    public async Task A_job_that_does_not_load_ends_them_all()
    {
        _folder.Write("Broken.cs", "public class Job { public int Perform() => missing; }");

        var run = await JobRunnerProcess.RunAsync(["work", "Broken.cs", "--queue", Queue, "--workers", "2"], _folder.Path);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("Broken.cs:1: The name 'missing' does not exist");
        run.Error.ShouldNotContain("another one is started");
    }

    [Theory]
    [InlineData(1, "must be an IP address of this machine", "--port", "7001", "--host", "nowhere")]
    [InlineData(2, "There is no queue to work on")]
    public async Task Workers_that_cannot_begin_end_with_the_reason(int exitCode, string sentence, params string[] args)
    {
        string[] queue = args.Length > 0 ? ["--queue", Queue] : [];

        var run = await JobRunnerProcess.RunAsync(["work", "Job.cs", "--workers", "2", .. queue, .. args], _folder.Path);

        run.ExitCode.ShouldBe(exitCode);
        run.Error.ShouldContain(sentence);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        var port = DocumentedCommands.FreePort();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
        taken.Start();

        var run = await JobRunnerProcess.RunAsync(
            ["work", "Job.cs", "--queue", Queue, "--workers=2", $"--port={port}", "--host", "localhost"], _folder.Path);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("The server cannot start");
        run.Error.ShouldContain("Choose another place with --port or --host.");
    }

    private async Task<string> PutAsync()
    {
        await using var client = new JobHosting().CreateClient(Queue);
        return await client.PutAsync("/perform", new { file = _folder["go"] }, cancellationToken: TestContext.Current.CancellationToken);
    }

    private async Task<int> BeganAsync()
    {
        var id = 0;
        await Eventually.IsTrueAsync(() => File.Exists(_folder["go.began"]) && int.TryParse(File.ReadAllText(_folder["go.began"]), out id));
        return id;
    }

    private static async Task SignalGroupAsync(int group, string signal)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", "--", $"-{group}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        kill.ExitCode.ShouldBe(0);
    }
}
