using System.Diagnostics;
using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Logging;

namespace JobRunner.Execution;

/// <summary>The one path of every call: gate, metrics, log, trace, timeout, executor.</summary>
internal sealed class JobPipeline(
    CallGate gate, IJobExecutor executor, JobInstruments instruments, TimeProvider time, CancellationToken forcedStop)
{
    private static readonly TimeSpan RetryAfterFull = TimeSpan.FromSeconds(1);

    /// <summary>Whether a call may have to wait for its place.</summary>
    public bool CanWait => gate.MaxConcurrency is not null;

    /// <summary>Runs one call to its outcome. The caller reads the outcome, then disposes it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Cancelled when the starter of the call wants no answer any more.</param>
    public async ValueTask<JobOutcome> RunAsync(JobCall call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        instruments.CallStarted(call.Endpoint.Tag);
        var outcome = call.Timeout is { } timeout
            ? await RunBoundedAsync(call, timeout, cancellationToken)
            : await RunUnboundedAsync(call, cancellationToken);
        if (outcome.WhenRead is { } whenRead)
        {
            // The result is made while it is read, so the call ends when reading does.
            outcome.WhenRead = async () =>
            {
                await whenRead();
                End(call, outcome, started);
            };
        }
        else
        {
            End(call, outcome, started);
        }

        return outcome;
    }

    private void End(JobCall call, JobOutcome outcome, long started) => instruments.CallEnded(
        call.Endpoint.Tag, outcome.Status, !outcome.IsSuccess, time.GetElapsedTime(started).TotalSeconds);

    private async ValueTask<JobOutcome> RunUnboundedAsync(JobCall call, CancellationToken cancellationToken)
    {
        CancellationTokenSource? linked = null;
        if (call.Endpoint.Binder.ObservesCancellation || call.Endpoint.StreamElementType is not null)
        {
            linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, forcedStop);
            cancellationToken = linked.Token;
        }

        GatePlace? place;
        try
        {
            place = call.Place ?? await gate.EnterAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            linked?.Dispose();
            return Gone();
        }

        if (place is not { } held)
        {
            linked?.Dispose();
            return Full();
        }

        var outcome = await ExecuteAsync(call, cancellationToken);
        return ReleaseAfter(outcome, call, held, linked);
    }

    private async ValueTask<JobOutcome> RunBoundedAsync(
        JobCall call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var expiry = new CancellationTokenSource(timeout, time);
        try
        {
            var outcome = await RunBoundedAsync(call, timeout, expiry, cancellationToken);
            if (outcome.WhenRead is not { } whenRead)
                return outcome;

            // The time covers reading too.
            var held = expiry;
            expiry = null;
            outcome.WhenCancelled = () => held.IsCancellationRequested ? TimedOut(timeout) : null;
            outcome.WhenRead = async () =>
            {
                await whenRead();
                held.Dispose();
            };
            return outcome;
        }
        finally
        {
            expiry?.Dispose();
        }
    }

    private async ValueTask<JobOutcome> RunBoundedAsync(
        JobCall call, TimeSpan timeout, CancellationTokenSource expiry, CancellationToken cancellationToken)
    {
        var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, forcedStop, expiry.Token);
        GatePlace? place;
        try
        {
            place = call.Place ?? await gate.EnterAsync(linked.Token);
        }
        catch (OperationCanceledException)
        {
            linked.Dispose();
            return expiry.IsCancellationRequested ? TimedOut(timeout) : Gone();
        }

        if (place is not { } held)
        {
            linked.Dispose();
            return Full();
        }

        call.IsDetached = true;
        var execution = ExecuteAsync(call, linked.Token).AsTask();
        var expired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (expiry.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), expired))
        {
            if (await Task.WhenAny(execution, expired.Task) == execution)
            {
                var outcome = await execution;
                var hasTimedOut = expiry.IsCancellationRequested && outcome.Failure?.Cause is OperationCanceledException;
                return ReleaseAfter(hasTimedOut ? TimedOut(timeout) : outcome, call, held, linked);
            }
        }

        _ = HoldUntilEndedAsync(execution, held, linked);
        return TimedOut(timeout);
    }

    // An executor that throws breaks its contract; the call must still end, and give its place back.
    private async ValueTask<JobOutcome> ExecuteAsync(JobCall call, CancellationToken cancellationToken)
    {
        try
        {
            return await executor.ExecuteAsync(call, cancellationToken);
        }
        catch (Exception exception)
        {
            return JobOutcome.Failed(exception);
        }
    }

    private static JobOutcome ReleaseAfter(
        JobOutcome outcome, JobCall call, GatePlace place, CancellationTokenSource? linked)
    {
        if (outcome.IsSuccess && InProcessExecutor.IsReadLater(call.Endpoint, outcome.Value))
        {
            var inner = outcome.WhenRead;
            outcome.ReadToken = linked?.Token ?? CancellationToken.None;
            outcome.WhenRead = async () =>
            {
                if (inner is not null)
                    await inner();
                place.Release();
                linked?.Dispose();
            };
            return outcome;
        }

        place.Release();
        linked?.Dispose();
        return outcome;
    }

    private async Task HoldUntilEndedAsync(Task<JobOutcome> execution, GatePlace place, CancellationTokenSource linked)
    {
        gate.BecomeStuck();
        var outcome = await execution;
        gate.BecomeUnstuck();
        place.Release();
        linked.Dispose();
        await outcome.DisposeAsync();
    }

    private JobOutcome Full()
    {
        instruments.CallRejected();
        var message = $"too many requests waiting in a queue. Job is set to process {gate.MaxConcurrency} requests "
            + $"concurrently with a queue of max size {gate.MaxQueue}";
        return JobOutcome.Failed(
            429, new JobFailure("too many requests", "TooManyRequests", Detail: message), RetryAfterFull);
    }

    private static JobOutcome TimedOut(TimeSpan timeout) => JobOutcome.Failed(
        504, new JobFailure($"the call took longer than its timeout of {timeout.TotalSeconds:0.###} s", nameof(TimeoutException)));

    private static JobOutcome Gone() => JobOutcome.Failed(
        JobOutcome.ClientClosedRequest,
        new JobFailure("the caller went away before the call could start", nameof(OperationCanceledException)));
}
