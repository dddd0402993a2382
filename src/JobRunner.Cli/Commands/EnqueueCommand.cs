using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using JobRunner.Cli.Enqueueing;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Commands;

/// <summary><c>jobrunner enqueue --queue URL</c>: puts tasks.</summary>
internal sealed class EnqueueCommand : Command, ICommandWithExamples
{
    private const string Memory = "memory";

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

    private readonly Option<string?> _payload = new("--payload") { Description = "The arguments as one JSON object; - for standard input.", HelpName = "JSON" };

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
            if (_queue.CountIn(result) > 1)
                result.AddError("A task goes into one queue; give --queue once.");
            else if (ways.Count(way => way is not null) > 1)
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
        using var interruption = new Interruption(cancellationToken);
        var tasks = await TasksOfAsync(parsed, interruption.Token);
        var url = _queue.UrlsOf(parsed)[^1];
        if (QueueOptions.FromUrl(url).Url.Scheme == Memory)
            throw new UsageException("What is put into a memory: queue ends with this process; give another URL, such as sqlite:tasks.db.");
        await using var client = hosting.CreateClient(url);
        var waits = parsed.GetValue(_wait);
        if (waits && !client.KeepsRecords)
        {
            throw new UsageException(
                $"The queue {client.Name} keeps no records, so that --wait cannot read its results; nothing was put.");
        }

        var output = parsed.InvocationConfiguration.Output;
        var progress = tasks.AreMany ? AcceptedProgress.OnStandardError() : AcceptedProgress.Silent();
        var accepted = new List<string>();
        await new Enqueuer(client, progress).PutAsync(
            parsed.GetValue(_endpoint)!,
            tasks,
            waits ? accepted.Add : id => progress.WriteLine(id, output),
            interruption.Token);
        return await ResultsAsync(client, accepted, parsed.InvocationConfiguration, interruption.Token);
    }

    private static async Task<int> ResultsAsync(
        JobQueueClient client, List<string> ids, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var exitCode = ExitCodes.Done;
        for (var ended = 0; ended < ids.Count; ended++)
        {
            TaskRecord record;
            try
            {
                record = await client.WaitAsync(ids[ended], cancellationToken);
            }
            catch (OperationCanceledException)
            {
                await console.Error.WriteLineAsync(
                    $"Interrupted. Accepted: {ids.Count}, results printed: {ended}; the next is that of task {ids[ended]}.");
                return ExitCodes.Failed;
            }

            if (record.Status == TaskState.Completed)
            {
                await console.Output.WriteLineAsync(Encoding.UTF8.GetString((record.Result ?? default).Span));
                continue;
            }

            exitCode = ExitCodes.Failed;
            await console.Error.WriteLineAsync($"The task {ids[ended]} did not complete: {record.Error}");
        }

        return exitCode;
    }

    private async Task<TasksToPut> TasksOfAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var given = parsed.GetValue(_arguments) ?? [];
        if (Array.Find(given, value => value.StartsWith("--", StringComparison.Ordinal)) is { } unknown
            && !parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash))
            throw new UsageException($"There is no option '{unknown}'; what stands after -- is taken as it is.");
        if (parsed.GetValue(_file) is { } file)
            return PayloadLines.Open(file);
        if (parsed.GetValue(_each) is { } argument)
            return TaskPayloads.OfEach(argument, given);
        object one = parsed.GetValue(_payload) is { } json
            ? await TaskPayloads.OfJsonAsync(json, cancellationToken)
            : TaskPayloads.OfArguments(given);
        return TasksToPut.One(one);
    }
}
