using System.Text.Json;
using JobRunner.Http;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>Copies the log lines that are written during a task's run to the task's events.</summary>
[ProviderAlias("Tasks")]
internal sealed class TaskLog : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => Line.Instance;

    public void Dispose()
    {
    }

    private sealed class Line : ILogger
    {
        public static readonly Line Instance = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && TaskFeed.Current is not null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (TaskFeed.Current is not { } feed || logLevel == LogLevel.None)
                return;
            var message = formatter(state, exception);
            var text = exception is null || message.Contains(exception.Message, StringComparison.Ordinal)
                ? message
                : $"{message}: {exception.Message}";
            var line = JsonSerializer.Serialize(
                new { level = logLevel.ToString().ToLowerInvariant(), message = text }, HostJson.Options);
            feed.Add(new NewTaskEvent(TaskEventKinds.Log, line));
        }
    }
}
