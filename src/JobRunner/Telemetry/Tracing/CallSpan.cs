using System.Diagnostics;
using System.Globalization;

namespace JobRunner.Telemetry.Tracing;

/// <summary>A call's span, or nothing where nobody listens.</summary>
internal readonly struct CallSpan(Activity? activity, Activity? outer) : IDisposable
{
    /// <summary>Null where nobody listens.</summary>
    public Activity? Activity { get; } = activity;

    /// <summary>Notes the outcome of a call.</summary>
    /// <param name="status">The HTTP status it has or would have.</param>
    /// <param name="exception">What it ended in, if it failed by one.</param>
    public void Ended(int status, Exception? exception)
    {
        if (Activity is not { IsAllDataRequested: true } activity)
            return;

        if (activity.Kind == ActivityKind.Server)
            activity.SetTag("http.response.status_code", status);
        if (exception is not null)
            Add(exception, activity);
        if (status < 400)
            return;

        // By the conventions a client's fault is no error of a server, but a message has no client to blame.
        if (status >= 500 || activity.Kind == ActivityKind.Consumer)
            activity.SetStatus(ActivityStatusCode.Error, exception?.Message);
        if (status >= 500 || exception is not null)
            activity.SetTag(
                "error.type", exception?.GetType().FullName ?? status.ToString(CultureInfo.InvariantCulture));
    }

    // The event holds the exception as text, which the job's own code writes and may fail to.
    private static void Add(Exception exception, Activity activity)
    {
        try
        {
            activity.AddException(exception);
        }
        catch (Exception failure)
        {
            activity.AddException(failure);
        }
    }

    public void Dispose()
    {
        if (Activity is null)
            return;
        Activity.Dispose();
        Activity.Current = outer;
    }
}
