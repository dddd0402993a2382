using System.Diagnostics;
using JobRunner.Jobs;

namespace JobRunner.Hosting;

/// <summary>Says in one line why a job could not be loaded.</summary>
internal static class LoadError
{
    /// <summary>A broken rule of ours is told in its own sentence; an exception of the job with its root cause's type and
    /// the line of source that it came from.</summary>
    public static string Describe(Exception exception)
    {
        var error = JobErrors.Unwrap(exception);
        if (error is JobLoadException or ManifestException)
            return error.Message;
        var cause = JobErrors.RootCause(error);
        var (message, reason) = (JobFailure.Of(error).Message, JobFailure.Of(cause).Message);
        if (!ReferenceEquals(cause, error))
            message = $"{message}: {reason}";
        var place = SourceOf(cause) ?? SourceOf(error);
        return $"Initialization error: {message} ({TypeNames.Of(cause.GetType())}{(place is null ? string.Empty : $" at {place}")})";
    }

    // Lines of the host's own sources would send their reader to the wrong place.
    private static string? SourceOf(Exception exception)
    {
        var frame = new StackTrace(exception, fNeedFileInfo: true).GetFrames().FirstOrDefault(
            frame => frame.GetFileName() is not null && frame.GetMethod()?.DeclaringType?.Assembly != typeof(LoadError).Assembly);
        return frame is null ? null : $"{Path.GetFileName(frame.GetFileName())}:{frame.GetFileLineNumber()}";
    }
}
