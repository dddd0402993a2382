using System.Globalization;
using Spectre.Console;

namespace JobRunner.Cli.Enqueueing;

/// <summary>Shows on a terminal how many tasks are accepted, and how far that is; silent elsewhere.</summary>
/// <param name="terminal">The terminal; null where there is none.</param>
internal sealed class AcceptedProgress(IAnsiConsole? terminal)
{
    private long _accepted;
    private ProgressTask? _bar;

    /// <summary>Progress that is not worth showing.</summary>
    public static AcceptedProgress Silent() => new(terminal: null);

    /// <summary>Progress on standard error.</summary>
    public static AcceptedProgress OnStandardError() => new(Console.IsErrorRedirected
        ? null
        : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>Tasks accepted so far.</summary>
    public long Accepted => _accepted;

    /// <summary>Shows a bar while work goes on.</summary>
    /// <param name="size">Size of all tasks; null where nobody knows.</param>
    /// <param name="work">The work.</param>
    public Task ShowAsync(long? size, Func<Task> work) => terminal is null
        ? work()
        : terminal.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                _bar = context.AddTask(Description(), maxValue: Math.Max(size ?? 1, 1));
                _bar.IsIndeterminate = size is null;
                await work();
                _bar.IsIndeterminate = false;
                _bar.Value = _bar.MaxValue;
            });

    /// <summary>Counts a task that is accepted.</summary>
    public void Add(long size)
    {
        _accepted++;
        if (_bar is null)
            return;
        _bar.Description = Description();
        if (!_bar.IsIndeterminate)
            _bar.Increment(size);
    }

    /// <summary>Writes a line that is no part of the bar: above it, where both are on the same terminal.</summary>
    public void WriteLine(string line, TextWriter output)
    {
        if (terminal is null || Console.IsOutputRedirected)
            output.WriteLine(line);
        else
            terminal.WriteLine(line);
    }

    private string Description() => string.Create(CultureInfo.InvariantCulture, $"{_accepted:N0} accepted");
}
