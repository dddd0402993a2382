using System.CommandLine;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary><c>jobrunner run JOB</c>: serves a job.</summary>
internal sealed class RunCommand : Command, ICommandWithExamples
{
    public RunCommand(IJobHosting hosting)
        : base("run", "Serves a job over HTTP; 'jobrunner JOB' is the same.")
    {
        var job = new JobSymbols();
        var serving = new ServeSymbols();
        var queues = new QueueSymbol("A queue to work on beside the calls over HTTP; may be given several times.");
        job.AddTo(this);
        serving.AddTo(this);
        Options.Add(queues);
        SetAction(async (parsed, cancellationToken) =>
        {
            var hosted = job.HostedJobOf(parsed);
            await hosting.ServeAsync(hosted, serving.PortOf(parsed), serving.HostOf(parsed), queues.UrlsOf(parsed), cancellationToken);
            return ExitCodes.Done;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("jobrunner run Job.cs", "Serves the class in Job.cs"),
        new("jobrunner run . --port 0", "Serves the job of this folder on a free port, and prints it"),
        new("jobrunner run Job.cs --queue 'sqlite:tasks.db?queue=jobs'", "Also works on the tasks of a queue"),
        new("jobrunner run bin/Shop.dll --class Shop.Adder", "Serves one of the classes of an assembly"),
    ];
}
