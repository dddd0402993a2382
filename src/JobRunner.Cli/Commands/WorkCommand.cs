using System.CommandLine;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary><c>jobrunner work JOB --queue URL</c>: works on queues without taking calls over HTTP.</summary>
internal sealed class WorkCommand : Command, ICommandWithExamples
{
    private readonly Option<int?> _concurrency = new("--concurrency")
    {
        Description = "Calls at once (default: the manifest's max_concurrency, else the number of cores).",
        HelpName = "N",
    };

    private readonly Option<bool> _burst = new("--burst") { Description = "End when the queues are empty." };

    public WorkCommand(IJobHosting hosting)
        : base("work", "Works on queues, without taking calls over HTTP.")
    {
        var job = new JobSymbols();
        var serving = new ServeSymbols("The port of probes and metrics (default and 0: none).");
        var queues = new QueueSymbol("A queue to work on, beside those of the manifest; may be given several times.");
        job.AddTo(this);
        serving.AddTo(this);
        Options.Add(queues);
        Options.Add(_concurrency);
        Options.Add(_burst);
        Validators.Add(result =>
        {
            if (result.GetValue(_concurrency) is < 1)
                result.AddError("--concurrency takes a number of 1 or more.");
        });
        SetAction(async (parsed, cancellationToken) =>
        {
            await hosting.WorkAsync(
                job.HostedJobOf(parsed),
                new QueueWorkOptions(
                    queues.UrlsOf(parsed),
                    parsed.GetValue(_concurrency),
                    parsed.GetValue(_burst),
                    serving.PortOf(parsed),
                    serving.HostOf(parsed)),
                cancellationToken);
            return ExitCodes.Done;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("jobrunner work Job.cs --queue 'sqlite:tasks.db?queue=jobs'", "Works on the tasks of a file"),
        new("jobrunner work Job.cs --queue redis://127.0.0.1 --burst", "Empties a queue at Redis, and ends"),
        new("jobrunner work Job.cs --concurrency 4 --port 7001", "Works on the manifest's queues, four calls at once"),
    ];
}
