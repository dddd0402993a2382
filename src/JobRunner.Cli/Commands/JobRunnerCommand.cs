using System.CommandLine;
using System.CommandLine.Help;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary>The command <c>jobrunner</c> itself.</summary>
internal sealed class JobRunnerCommand : RootCommand, ICommandWithExamples
{
    // A value that begins with @ is a value, and no file of further arguments.
    private static readonly ParserConfiguration Configuration = new() { ResponseFileTokenReplacer = null };

    public JobRunnerCommand(IJobHosting hosting)
        : base("Serves a plain C# class with a Perform method: REST, OpenAPI, metrics, queues.")
    {
        Options.Add(Verbose);
        Subcommands.Add(new RunCommand(hosting));
        Subcommands.Add(new WorkCommand(hosting));
        Subcommands.Add(new EnqueueCommand(hosting));
        Subcommands.Add(new InspectCommand(hosting));

        var help = Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }

    /// <summary>Shows stack traces; on every command.</summary>
    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show stack traces with errors.",
        Recursive = true,
    };

    /// <inheritdoc/>
    public IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("jobrunner Job.cs", "Serves the class in Job.cs on port 7000"),
        new("jobrunner . --port 0", "Serves the job of this folder on a free port, and prints it"),
        new("jobrunner inspect Job.cs", "Shows what it would serve"),
    ];

    /// <summary>Reads a command line. One that begins with a job, or with options, is meant for <c>run</c>.</summary>
    public ParseResult ParseLine(string[] args)
    {
        var first = Array.Find(args, arg => arg != Verbose.Name);
        return Parse(first is not null && IsMeantForRun(first) ? ["run", .. args] : args, Configuration);
    }

    private bool IsMeantForRun(string first)
    {
        var isOurs = Subcommands.Any(command => Is(command.Name))
            || Options.Any(option => Is(option.Name) || option.Aliases.Any(Is))
            || first.StartsWith('[');
        return !isOurs && (first.StartsWith('-') || first.IndexOfAny(['.', '/', '\\']) >= 0 || Path.Exists(first));

        bool Is(string name) => string.Equals(name, first, StringComparison.Ordinal);
    }
}
