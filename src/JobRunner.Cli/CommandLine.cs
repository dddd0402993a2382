using System.CommandLine;
using System.CommandLine.Invocation;
using JobRunner.Cli.Commands;
using JobRunner.Cli.Output;

namespace JobRunner.Cli;

/// <summary>
/// Runs a command line: errors are one sentence on standard error that says what to do, and an exit code.
/// </summary>
/// <param name="hosting">What serves jobs.</param>
/// <param name="output">Where results go.</param>
/// <param name="error">Where errors go.</param>
internal sealed class CommandLine(IJobHosting hosting, TextWriter output, TextWriter error)
{
    /// <summary>Runs a command line and gives the exit code of the process.</summary>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        var root = new JobRunnerCommand(hosting);
        var parsed = root.ParseLine(args);
        if (parsed.Action is ParseErrorAction)
            return WrongUsage(parsed, Sentence(parsed));

        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // The host answers the signals itself: it drains what runs, which takes longer than a command may.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (UsageException exception)
        {
            return WrongUsage(parsed, exception.Message);
        }
        catch (Exception exception)
        {
            await error.WriteLineAsync(PlainText.Of(parsed.GetValue(root.Verbose) ? exception.ToString() : exception.Message));
            return ExitCodes.Failed;
        }
    }

    // A word nobody knows explains the other errors, such as a command that is missing.
    private static string Sentence(ParseResult parsed) => parsed.UnmatchedTokens is [var unknown, ..]
        ? $"There is no command, option or argument '{unknown}'."
        : parsed.Errors[0].Message;

    private int WrongUsage(ParseResult parsed, string message)
    {
        error.WriteLine(PlainText.Of(message));
        error.WriteLine($"See '{HelpWithExamples.PathOf(parsed.CommandResult.Command)} --help'.");
        return ExitCodes.WrongUsage;
    }
}
