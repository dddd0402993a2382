using System.CommandLine;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary><c>jobrunner inspect JOB</c>: what a job offers, without serving it.</summary>
internal sealed class InspectCommand : Command, ICommandWithExamples
{
    public InspectCommand(IJobHosting hosting)
        : base("inspect", "Shows a job's endpoints, parameters, examples and warnings, without serving it.")
    {
        var job = new JobSymbols();
        var json = new Option<bool>("--json") { Description = "Print a JSON object instead of tables." };
        job.AddTo(this);
        Options.Add(json);
        SetAction(async (parsed, cancellationToken) =>
        {
            var report = await hosting.InspectAsync(job.HostedJobOf(parsed), cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                JobReportWriter.WriteJson(report, output);
            else
                JobReportWriter.WriteTables(report, output);
            return ExitCodes.Done;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("jobrunner inspect Job.cs", "Shows what Job.cs would serve; exits 1 where it would not load"),
        new("jobrunner inspect . --json", "The same as JSON, for scripts"),
    ];
}
