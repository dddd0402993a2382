using Microsoft.Extensions.Logging;

namespace JobRunner;

/// <summary>The call that is running, for a job that takes it as a parameter.</summary>
public sealed class JobContext
{
    private readonly Action<double, string?>? _report;

    internal JobContext(
        string callId,
        ILogger logger,
        string? taskId = null,
        int attempt = 1,
        string? callerName = null,
        string? tracingId = null,
        Action<double, string?>? report = null)
    {
        CallId = callId;
        Logger = logger;
        TaskId = taskId;
        Attempt = attempt;
        CallerName = callerName;
        TracingId = tracingId;
        _report = report;
    }

    /// <summary>Id of this call, unique among all calls of the host.</summary>
    public string CallId { get; }

    /// <summary>Id of the task that this call carries out; null for a synchronous call.</summary>
    public string? TaskId { get; }

    /// <summary>Number of this attempt, the first being 1.</summary>
    public int Attempt { get; }

    /// <summary>Name of the caller, where it is known.</summary>
    public string? CallerName { get; }

    /// <summary>Tracing id of the request, where it has one.</summary>
    public string? TracingId { get; }

    /// <summary>Logger whose lines carry this call's identity.</summary>
    public ILogger Logger { get; }

    /// <summary>Tells how far the call has come; seen in the task's record and events. Without a task it does
    /// nothing.</summary>
    /// <param name="fraction">Share that is done, 0 to 1.</param>
    /// <param name="message">What is being done, in a few words.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not a number from 0 to 1.</exception>
    public void ReportProgress(double fraction, string? message = null)
    {
        if (!(fraction is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "Progress is a number from 0 to 1.");
        }

        _report?.Invoke(fraction, message);
    }
}
