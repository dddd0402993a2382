using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Configuration;
using Serilog.Extensions.Logging;
using Serilog.Formatting;

namespace JobRunner.Telemetry.Logs;

/// <summary>
/// Sets up the host's log: Serilog behind <see cref="Microsoft.Extensions.Logging.ILogger"/>, one line per event, written by a thread of its own so
/// that no call ever waits for the output.
/// </summary>
internal static class JobLogging
{
    /// <summary>
    /// Replaces the providers of <paramref name="builder"/> by one that writes to standard output. It is flushed when
    /// the container is disposed.
    /// </summary>
    /// <returns>What tells how many lines were dropped.</returns>
    public static LogBuffer Configure(ILoggingBuilder builder, LogOptions options) =>
        Configure(builder, options, ConsoleColours.Wanted, static (output, format) => output.Console(format));

    /// <summary>The same with another output.</summary>
    public static LogBuffer Configure(
        ILoggingBuilder builder,
        LogOptions options,
        bool colours,
        Action<LoggerSinkConfiguration, ITextFormatter> write)
    {
        var buffer = new LogBuffer();
        ITextFormatter format = options.Structured ? new JsonLineFormatter() : new ConsoleLineFormatter(colours);
        var logger = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .Enrich.With(new CallEnricher(options.CallerName))
            .WriteTo.Sink(new BoundedFlush(Buffered(options, format, write, buffer), options.FlushPatience))
            .CreateLogger();

        builder.ClearProviders();
        builder.SetMinimumLevel(options.Level);
        Quieten(builder, options.Level);
        // Made by the container, so that the container disposes and thereby flushes it.
        builder.Services.AddSingleton<ILoggerProvider>(_ => new SerilogLoggerProvider(logger, dispose: true));
        return buffer;
    }

    private static Serilog.Core.Logger Buffered(
        LogOptions options,
        ITextFormatter format,
        Action<LoggerSinkConfiguration, ITextFormatter> write,
        LogBuffer buffer) =>
        new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .WriteTo.Async(output => write(output, format), monitor: buffer, options.BufferSize, blockWhenFull: false)
            .CreateLogger();

    private static void Quieten(ILoggingBuilder builder, LogLevel level)
    {
        var chatter = level > LogLevel.Warning ? level : LogLevel.Warning;
        builder.AddFilter("Microsoft", chatter);
        builder.AddFilter("System", chatter);
        // With this logger off, ASP.NET Core makes neither an Activity nor a log scope per request. The access log
        // and the call's own span take their place; unhandled exceptions are logged by Kestrel.
        builder.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.None);
    }
}
