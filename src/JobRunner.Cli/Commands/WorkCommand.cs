using System.CommandLine;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary><c>jobrunner work JOB --queue URL</c>: works on queues without taking calls over HTTP.</summary>
internal sealed class WorkCommand : Command, ICommandWithExamples
{
    private static readonly string[] Formats = ["job", "rq", "executer-tracker", "function-spawner", "tasker"];

    private readonly CountOption _concurrency = new(
        "--concurrency", "Calls at once (default: the manifest's max_concurrency, else the number of cores).");

    private readonly Option<bool> _burst = new("--burst") { Description = "End when the queues are empty." };

    private readonly CountOption _workers = new(
        "--workers", "Run that many processes; the one that starts them serves their probes, and starts those again that die.");

    private readonly Option<string?> _format = new("--format")
    {
        Description = "Form of the messages of --queue, where a URL does not say (default: job).",
        HelpName = "NAME",
    };

    public WorkCommand(IJobHosting hosting)
        : base("work", "Works on queues, without taking calls over HTTP.")
    {
        var job = new JobSymbols(ArgumentArity.ZeroOrOne);
        var serving = new ServeSymbols("The port of probes and metrics (default and 0: none).");
        var queues = new QueueSymbol("A queue to work on, beside those of the manifest; may be given several times.");
        job.AddTo(this);
        serving.AddTo(this);
        Options.Add(queues);
        Options.Add(_format);
        Options.Add(_concurrency);
        Options.Add(_burst);
        Options.Add(_workers);
        _format.CompletionSources.Add(Formats);
        Validators.Add(result =>
        {
            if (result.GetValue(_format) is { } format && !Formats.Contains(format, StringComparer.Ordinal))
                result.AddError($"--format takes one of {string.Join(", ", Formats)}, not '{format}'.");
        });
        SetAction(async (parsed, cancellationToken) =>
        {
            var hosted = job.HostedJobOf(parsed);
            if (parsed.GetValue(_workers) is { } count)
                return await SuperviseAsync(count, parsed, serving, cancellationToken);
            using var supervisor = Supervisor.Watch(cancellationToken);
            await hosting.WorkAsync(
                hosted,
                new QueueWorkOptions(
                    queues.UrlsOf(parsed),
                    parsed.GetValue(_format),
                    parsed.GetValue(_concurrency),
                    parsed.GetValue(_burst),
                    serving.PortOf(parsed),
                    serving.HostOf(parsed)),
                supervisor.Token);
            return ExitCodes.Done;
        });
    }

    private async Task<int> SuperviseAsync(
        int count, ParseResult parsed, ServeSymbols serving, CancellationToken cancellationToken)
    {
        // The children get the same words, but for what is the parent's own.
        var words = parsed.Tokens.Select(token => token.Value).ToList();
        foreach (var own in (string[])[_workers.Name, "--port", "--host"])
        {
            var index = words.IndexOf(own);
            if (index >= 0)
                words.RemoveRange(index, 2);
        }

        var workers = new WorkerProcesses(count, words, parsed.GetValue(_burst), parsed.InvocationConfiguration.Error);
        await using var probes = await WorkerProbes.StartAsync(
            serving.PortOf(parsed), serving.HostOf(parsed), () => workers.AreAllUp);
        return await workers.RunAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("jobrunner work Job.cs --queue 'sqlite:tasks.db?queue=jobs'", "Works on the tasks of a file"),
        new("jobrunner work Job.cs --queue redis://127.0.0.1 --burst", "Empties a queue at Redis, and ends"),
        new("jobrunner work Job.cs --workers 4 --port 7001", "Works in four processes; probes are on port 7001"),
        new("jobrunner work Job.cs --concurrency 4 --port 7001", "Works on the manifest's queues, four calls at once"),
    ];
}
