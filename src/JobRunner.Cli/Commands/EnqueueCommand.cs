using System.CommandLine;
using System.Text;
using JobRunner.Cli.Enqueueing;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary><c>jobrunner enqueue --queue URL</c>: puts tasks.</summary>
internal sealed class EnqueueCommand : Command, ICommandWithExamples
{
    private readonly Argument<string[]> _arguments = new("ARGUMENTS")
    {
        Description = "KEY=VALUE (JSON where it parses as such, else a string), KEY:=JSON or KEY=@FILE; with --each: the values.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly QueueSymbol _queue = new("The queue to put into.") { Required = true, AllowMultipleArgumentsPerToken = false };

    private readonly Option<string> _endpoint = new("--endpoint")
    {
        Description = "Path of the endpoint.",
        DefaultValueFactory = _ => "/perform",
        HelpName = "PATH",
    };

    private readonly Option<string?> _payload = new("--payload") { Description = "The arguments as one JSON object.", HelpName = "JSON" };

    private readonly Option<string?> _file = new("--file")
    {
        Description = "A file with one JSON object of arguments a line; - for standard input.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _each = new("--each")
    {
        Description = "One task for each value, as the argument of this name.",
        HelpName = "ARGUMENT",
    };

    private readonly Option<bool> _wait = new("--wait") { Description = "Wait for the results and print them, one a line." };

    public EnqueueCommand(IJobHosting hosting)
        : base("enqueue", "Puts tasks into a queue; ends well only when all are accepted durably.")
    {
        Arguments.Add(_arguments);
        foreach (var option in (Option[])[_queue, _endpoint, _payload, _file, _each, _wait])
            Options.Add(option);
        Validators.Add(result =>
        {
            var given = result.GetValue(_arguments) ?? [];
            var each = result.GetValue(_each);
            string?[] ways = [result.GetValue(_payload), result.GetValue(_file), each ?? (given.Length > 0 ? string.Empty : null)];
            if (ways.Count(way => way is not null) > 1)
                result.AddError("Give the arguments in one way: KEY=VALUE, --payload, --file or --each.");
            else if (each is not null && given.Length == 0)
                result.AddError("--each wants values: one task is put for each.");
        });
        SetAction((parsed, cancellationToken) => PutAsync(hosting, parsed, cancellationToken));
    }

    /// <inheritdoc/>
    public IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("jobrunner enqueue --queue 'sqlite:tasks.db?queue=jobs' number=7907", "Puts one task"),
        new("jobrunner enqueue --queue redis://127.0.0.1 --each number 1 2 3 --wait", "Puts three, and prints their results"),
        new("jobrunner enqueue --queue redis://127.0.0.1 --file tasks.jsonl", "Puts one for each line of a file"),
    ];

    private async Task<int> PutAsync(IJobHosting hosting, ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var client = hosting.CreateClient(_queue.UrlsOf(parsed)[^1]);
        var output = parsed.InvocationConfiguration.Output;
        var endpoint = parsed.GetValue(_endpoint)!;
        var accepted = new List<string>();
        var progress = new AcceptedCount(parsed.InvocationConfiguration.Error);
        await foreach (var id in client.PutManyAsync(endpoint, PayloadsOf(parsed), cancellationToken: cancellationToken))
        {
            progress.Add();
            if (parsed.GetValue(_wait))
                accepted.Add(id);
            else
                await output.WriteLineAsync(id);
        }

        progress.End();
        var exitCode = ExitCodes.Done;
        foreach (var id in accepted)
        {
            var record = await client.WaitAsync(id, cancellationToken);
            if (record.Status == TaskState.Completed)
            {
                await output.WriteLineAsync(Encoding.UTF8.GetString((record.Result ?? default).Span));
                continue;
            }

            exitCode = ExitCodes.Failed;
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"The task {id} did not complete: {record.Error}");
        }

        return exitCode;
    }

    private IAsyncEnumerable<object?> PayloadsOf(ParseResult parsed)
    {
        var given = parsed.GetValue(_arguments) ?? [];
        if (parsed.GetValue(_file) is { } file)
            return TaskPayloads.OfLinesAsync(file);
        if (parsed.GetValue(_each) is { } argument)
            return TaskPayloads.OfEach(argument, given).ToAsyncEnumerable();
        var one = parsed.GetValue(_payload) is { } json ? TaskPayloads.OfJson(json) : TaskPayloads.OfArguments(given);
        return new object?[] { one }.ToAsyncEnumerable();
    }
}
