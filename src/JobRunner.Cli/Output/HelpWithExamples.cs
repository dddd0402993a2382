using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace JobRunner.Cli.Output;

/// <summary>The help of System.CommandLine, with the examples of the command below it.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string ToolName = "jobrunner";

    private const string Completion = """
        Completion in bash, to be put into ~/.bashrc (zsh: run 'bashcompinit' before):
          _jobrunner() { COMPREPLY=($(jobrunner "[suggest:$COMP_POINT]" "$COMP_LINE")); }
          complete -o default -F _jobrunner jobrunner
        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>A command as it is typed, such as <c>jobrunner inspect</c>.</summary>
    public static string PathOf(Command command) =>
        command is RootCommand ? ToolName : $"{ToolName} {command.Name}";

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        output.Write(Captured(parseResult, output));

        var command = parseResult.CommandResult.Command;
        if (command is ICommandWithExamples { Examples: var examples })
            WriteExamples(examples, output);
        if (command is RootCommand)
            output.WriteLine($"{Environment.NewLine}{Completion}");
        return ExitCodes.Done;
    }

    // The root is named after the file that runs, which is the assembly and not the command of the tool.
    private string Captured(ParseResult parseResult, TextWriter output)
    {
        using var captured = new StringWriter();
        parseResult.InvocationConfiguration.Output = captured;
        help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        var root = parseResult.RootCommandResult.Command.Name;
        return captured.ToString().Replace(root, ToolName, StringComparison.Ordinal).TrimEnd() + Environment.NewLine;
    }

    private static void WriteExamples(IReadOnlyList<CommandExample> examples, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Examples:");
        var width = examples.Max(example => example.Line.Length);
        foreach (var example in examples)
            output.WriteLine($"  {example.Line.PadRight(width)}  {example.Meaning}");
    }
}
