using System.Text.Json;
using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace JobRunner.Tests.Telemetry;

/// <summary>A host's log whose output is kept as text.</summary>
internal sealed class LogCapture : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly ServiceProvider _services;

    public LogCapture(LogOptions options, bool colours = false, Action? beforeEachLine = null)
    {
        LogBuffer? buffer = null;
        _services = new ServiceCollection()
            .AddLogging(builder => buffer = JobLogging.Configure(
                builder,
                options,
                colours,
                (output, format) => output.Sink(new Output(_output, format, beforeEachLine))))
            .BuildServiceProvider();
        Buffer = buffer!;
        Logger = For("MyJob");
    }

    public LogBuffer Buffer { get; }

    public ILogger Logger { get; }

    public ILogger For(string category) => _services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    /// <summary>Flushes, and gives back all that was written.</summary>
    public string Text()
    {
        _services.Dispose();
        return _output.ToString();
    }

    public IReadOnlyList<string> Lines() => Text().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<JsonElement> Objects() => [.. Lines().Select(line => JsonDocument.Parse(line).RootElement)];

    public void Dispose() => _services.Dispose();

    private sealed class Output(TextWriter writer, ITextFormatter format, Action? beforeEachLine) : ILogEventSink
    {
        public void Emit(LogEvent logEvent)
        {
            beforeEachLine?.Invoke();
            format.Format(logEvent, writer);
        }
    }
}
