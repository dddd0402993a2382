using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace JobRunner.Telemetry.Logs;

/// <summary>What is logged, and how it looks.</summary>
/// <param name="Level">The least level that is written; <see cref="LogLevel.None"/> is silence.</param>
/// <param name="Structured">JSON lines in place of console lines.</param>
/// <param name="CallerName">Adds <c>caller_name</c> to the lines of a call.</param>
internal sealed record LogOptions(LogLevel Level = LogLevel.Debug, bool Structured = false, bool CallerName = false)
{
    public const string LevelKey = "LOG_LEVEL";
    public const string StructuredKey = "LOG_STRUCTURED";
    public const string CallerNameKey = "LOG_CALLER_NAME";

    /// <summary>Lines that may wait for a slow output; more are dropped and counted.</summary>
    public int BufferSize { get; init; } = 10_000;

    /// <summary>How long shutdown waits for the lines that still wait.</summary>
    public TimeSpan FlushPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads the three variables.</summary>
    /// <exception cref="FormatException">LOG_LEVEL is none of the known words.</exception>
    public static LogOptions From(IConfiguration configuration) => new(
        ParseLevel(configuration[LevelKey]),
        EnvironmentFlag.IsOn(configuration[StructuredKey]),
        EnvironmentFlag.IsOn(configuration[CallerNameKey]));

    private static LogLevel ParseLevel(string? word) => word?.Trim().ToUpperInvariant() switch
    {
        null or "" or "DEBUG" => LogLevel.Debug,
        "INFO" => LogLevel.Information,
        "WARN" or "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "CRIT" or "CRITICAL" => LogLevel.Critical,
        "OFF" => LogLevel.None,
        _ => throw new FormatException(
            $"{LevelKey} is '{word}', but must be one of debug, info, warn, error, crit and off."),
    };
}
