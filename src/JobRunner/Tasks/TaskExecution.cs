using System.Buffers;
using System.Reflection;
using JobRunner.Execution;
using JobRunner.Jobs;
using JobRunner.Telemetry;

namespace JobRunner.Tasks;

/// <summary>Carries out one task or message: from its record to a call, through the pipeline, to an outcome that can be
/// stored. It never throws.</summary>
internal sealed class TaskExecution(ServedJob served, IServiceProvider services)
{
    /// <summary>Runs a record's call.</summary>
    /// <param name="record">The record.</param>
    /// <param name="attempt">Number of the attempt, the first being 1.</param>
    /// <param name="timeout">Time that the run may take; null for no limit.</param>
    /// <param name="place">Place in the gate; it is given back when the call has really ended.</param>
    /// <param name="feed">Takes progress, log lines and streamed items; null where nobody keeps them.</param>
    /// <param name="cancellationToken">Cancelled when the run shall end.</param>
    public async Task<TaskRun> RunAsync(
        TaskRecord record, int attempt, TimeSpan? timeout, GatePlace place, TaskFeed? feed, CancellationToken cancellationToken)
    {
        if (served is not { Loaded: { } job, Pipeline: { } pipeline }
            || EndpointMatch.ByPath(job.Definition, record.Endpoint) is not { } endpoint)
        {
            place.Release();
            return TaskRun.Ended(TaskFailures.Of($"the job has no endpoint {record.Endpoint}", "NotFound", status: 404));
        }

        var payload = new ReadOnlySequence<byte>(record.Payload);
        if (PayloadCheck.IsAbsent(payload))
            payload = new ReadOnlySequence<byte>(endpoint.Example ?? PayloadCheck.EmptyObject);
        if (PayloadCheck.Find(payload) is { } problem)
        {
            place.Release();
            return TaskRun.Ended(TaskFailures.Of(problem.Message, "RequestValidationError", status: 422));
        }

        var call = new JobCall
        {
            Endpoint = endpoint,
            Payload = payload,
            TaskId = record.Id,
            Attempt = attempt,
            CallerName = record.Caller,
            TracingId = record.TracingId,
            PredecessorId = record.PredecessorId,
            TraceParent = record.TraceParent,
            Queue = record.Queue,
            Timeout = timeout,
            Progress = feed is null ? null : feed.Report,
            Place = place,
            IsDetached = true,
        };
        TaskFeed.Current = feed;

        // Whatever the run logs, and whichever job it calls, is told who asked for it and on which trace.
        using var scope = CallScope.Begin(
            new CallIdentity(record.TracingId, record.Caller, TraceParent: record.TraceParent) { PredecessorId = record.PredecessorId });
        var outcome = await pipeline.RunAsync(call, cancellationToken);
        await using (outcome)
        {
            var response = await CapturedResponse.OfAsync(outcome, job.Definition, endpoint, services, feed);
            return Describe(outcome, response, timeout);
        }
    }

    private static TaskRun Describe(JobOutcome outcome, TaskOutcome response, TimeSpan? timeout)
    {
        if (outcome.Failure is not { } failure)
            return TaskRun.Ended(response);
        if (outcome.Status == 504 && failure.Cause is null && timeout is { } limit)
            return TaskRun.Ended(TaskFailures.TimedOut(limit));
        var isUnbound = failure.Cause is ArgumentBindingException;
        return new TaskRun(
            response with
            {
                IsUnbound = isUnbound,
                IsRetryable = response.HttpStatus >= 500
                    && failure.Cause?.GetType().GetCustomAttribute<NoRetryAttribute>(inherit: true) is null,
            },
            WasCancelled: outcome.Status == JobOutcome.ClientClosedRequest || failure.Type == CallRefusals.Stopped);
    }
}

/// <summary>How one run ended.</summary>
/// <param name="Outcome">What is to be stored.</param>
/// <param name="WasCancelled">Whether the job gave up because its token was cancelled: the task is given back, or
/// cancelled where that was asked for.</param>
internal sealed record TaskRun(TaskOutcome Outcome, bool WasCancelled)
{
    public static TaskRun Ended(TaskOutcome outcome) => new(outcome, WasCancelled: false);
}
