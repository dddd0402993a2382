using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;

namespace JobRunner.Jobs;

/// <summary>What an exception of a job means to its caller.</summary>
internal static class JobErrors
{
    public const int BadRequest = 400;
    public const int InternalError = 500;

    /// <summary>The exception that matters: an <see cref="AggregateException"/> of one, and the wrapper that
    /// reflection puts around what a method throws, say nothing themselves.</summary>
    public static Exception Unwrap(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var inner] } => Unwrap(inner),
        TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        _ => exception,
    };

    public static Exception RootCause(Exception exception)
    {
        while (Unwrap(exception).InnerException is { } inner)
            exception = inner;
        return Unwrap(exception);
    }

    /// <summary>HTTP status of an unwrapped exception.</summary>
    public static int StatusOf(Exception exception) =>
        exception.GetType().GetCustomAttribute<JobErrorAttribute>() is { Status: >= 400 and <= 599 } declared
            ? declared.Status
            : exception switch
            {
                ArgumentException or FormatException or ValidationException or JsonException => BadRequest,
                UnauthorizedAccessException => 401,
                EntityNotFoundException or KeyNotFoundException or FileNotFoundException => 404,
                AlreadyExistsException => 409,
                _ => InternalError,
            };
}
