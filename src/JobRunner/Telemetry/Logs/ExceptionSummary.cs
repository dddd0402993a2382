using System.Diagnostics;
using System.Globalization;

namespace JobRunner.Telemetry.Logs;

/// <summary>An exception in one line: its root cause's type, and where it came from.</summary>
internal static class ExceptionSummary
{
    private const int MaxFrames = 30;
    private const int MaxDepth = 20;

    /// <summary>The type name of the innermost exception.</summary>
    public static string Cause(Exception exception) => Chain(exception).Last().GetType().Name;

    /// <summary>
    /// <c>file:line</c> of every frame whose source is known, outermost first, then those of what caused it; method
    /// names where no source is known at all. Null for an exception that was never thrown.
    /// </summary>
    public static string? Traceback(Exception exception)
    {
        var frames = Chain(exception)
            .SelectMany(link => new StackTrace(link, fNeedFileInfo: true).GetFrames().Reverse())
            .ToList();
        var places = frames.Select(Source).OfType<string>().ToList();
        if (places.Count == 0)
            places = [.. frames.Select(Method).OfType<string>()];
        if (places.Count == 0)
            return null;

        // The last frames are nearest to the fault.
        var skipped = places.Count - MaxFrames;
        return skipped <= 0
            ? string.Join(", ", places)
            : string.Create(CultureInfo.InvariantCulture, $"({skipped} more), {string.Join(", ", places.Skip(skipped))}");
    }

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        var depth = 0;
        for (Exception? link = exception; link is not null && depth < MaxDepth; link = link.InnerException, depth++)
            yield return link;
    }

    private static string? Source(StackFrame frame) =>
        frame.GetFileName() is { } file
            ? string.Create(CultureInfo.InvariantCulture, $"{file}:{frame.GetFileLineNumber()}")
            : null;

    private static string? Method(StackFrame frame) =>
        DiagnosticMethodInfo.Create(frame) is { } method ? $"{method.DeclaringTypeName}.{method.Name}" : null;
}
