using JobRunner.Jobs;

namespace JobRunner;

/// <summary>Why a call has no result.</summary>
/// <param name="Message">Message for the caller.</param>
/// <param name="Type">Name of the exception type, without its namespace.</param>
/// <param name="Cause">The exception, for the log; null where there was none.</param>
/// <param name="Detail">What existing clients read of a refusal by the host: a string, or a list of problems; null for
/// an error of the job itself.</param>
public sealed record JobFailure(string Message, string Type, Exception? Cause = null, object? Detail = null)
{
    internal static JobFailure Of(Exception exception)
    {
        var error = JobErrors.Unwrap(exception);
        if (TryMessageOf(error) is { } message)
            return new JobFailure(message, NameOf(error), error);

        // Whoever logs the cause reads its message too.
        var name = NameOf(error);
        var unreadable = $"{name}, whose message cannot be read";
        return new JobFailure(unreadable, name, new InvalidOperationException(unreadable));
    }

    // Message is the job's own code, which may throw as well.
    private static string? TryMessageOf(Exception error)
    {
        try
        {
            return error is AggregateException { InnerExceptions.Count: > 1 } aggregate
                ? string.Join("; ", aggregate.InnerExceptions.Select(inner => inner.Message))
                : error.Message;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static string NameOf(Exception error) =>
        error is ArgumentBindingException ? nameof(ArgumentException) : TypeNames.Of(error.GetType()).Split('.')[^1];
}
