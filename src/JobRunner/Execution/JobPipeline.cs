using JobRunner.Telemetry.Logs;
using JobRunner.Telemetry.Metrics;
using JobRunner.Telemetry.Tracing;
using Microsoft.Extensions.Logging;

namespace JobRunner.Execution;

/// <summary>The one path of every call: gate, metrics, log, trace, timeout, executor.</summary>
/// <param name="gate">Gives places.</param>
/// <param name="executor">Carries calls out.</param>
/// <param name="instruments">Count them.</param>
/// <param name="time">The clock of timeouts.</param>
/// <param name="logger">Gets one line of each call that fails.</param>
/// <param name="forcedStop">Cancelled when calls that still run shall end at once.</param>
internal sealed class JobPipeline(
    CallGate gate,
    IJobExecutor executor,
    JobInstruments instruments,
    TimeProvider time,
    ILogger logger,
    CancellationToken forcedStop)
{
    /// <summary>Runs one call to its outcome. The caller reads the outcome, then disposes it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Cancelled when the starter of the call wants no answer any more.</param>
    public async ValueTask<JobOutcome> RunAsync(JobCall call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        instruments.CallStarted(call.Endpoint.Tag);
        var span = CallTracing.IsListening ? CallSpans.Start(call) : default;
        var outcome = call.Timeout is { } timeout
            ? await RunBoundedAsync(call, timeout, cancellationToken)
            : await RunUnboundedAsync(call, cancellationToken);

        // Writing a result can still fail: a success is none until it has been read.
        if (outcome.IsSuccess)
            outcome.Ended = () => End(call, outcome, started, span);
        else
            End(call, outcome, started, span);
        return outcome;
    }

    private void End(JobCall call, JobOutcome outcome, long started, CallSpan span)
    {
        instruments.CallEnded(
            call.Endpoint.Tag, outcome.Status, !outcome.IsSuccess, time.GetElapsedTime(started).TotalSeconds);
        if (outcome.Failure is { Cause: { } cause })
            CallLog.Failed(logger, call.Endpoint.Path, cause);
        span.Ended(outcome.Status, outcome.Failure?.Cause);
        span.Dispose();
    }

    private async ValueTask<JobOutcome> RunUnboundedAsync(JobCall call, CancellationToken starter)
    {
        var tokens = call.Endpoint.Binder.ObservesCancellation || call.Endpoint.StreamElementType is not null
            ? new CallTokens(timeout: null, time, starter, forcedStop)
            : null;
        if ((call.Place ?? gate.TryEnter()) is not { } place)
        {
            // Watching a client costs; only who waits in line has to be watched in any case.
            starter = call.HttpContext?.RequestAborted ?? starter;
            tokens ??= new CallTokens(timeout: null, time, starter, forcedStop);
            var (granted, refusal) = await WaitAsync(tokens, call);
            if (refusal is not null)
                return refusal;
            place = granted;
        }

        var outcome = await ExecuteAsync(call, tokens?.Token ?? starter);
        return ReleaseAfter(Explain(outcome, call, tokens, starter), call, place, tokens, starter);
    }

    private async ValueTask<JobOutcome> RunBoundedAsync(JobCall call, TimeSpan timeout, CancellationToken starter)
    {
        var tokens = new CallTokens(timeout, time, starter, forcedStop);
        if ((call.Place ?? gate.TryEnter()) is not { } place)
        {
            var (granted, refusal) = await WaitAsync(tokens, call);
            if (refusal is not null)
                return refusal;
            place = granted;
        }

        call.IsDetached = true;
        var execution = ExecuteAsync(call, tokens.Token).AsTask();
        var expired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (tokens.Expiry.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), expired))
        {
            if (await Task.WhenAny(execution, expired.Task) == execution)
                return ReleaseAfter(Explain(await execution, call, tokens, starter), call, place, tokens, starter);
        }

        _ = HoldUntilEndedAsync(execution, place, tokens);
        return CallRefusals.TimedOut(timeout);
    }

    private async ValueTask<(GatePlace Place, JobOutcome? Refusal)> WaitAsync(CallTokens tokens, JobCall call)
    {
        try
        {
            if (await gate.EnterAsync(tokens.Token) is { } place)
                return (place, null);
            instruments.CallRejected();
            tokens.Dispose();
            return (default, CallRefusals.Full(gate));
        }
        catch (OperationCanceledException)
        {
            var refusal = tokens.HasExpired ? CallRefusals.TimedOut(call.Timeout!.Value)
                : forcedStop.IsCancellationRequested ? CallRefusals.Stopping()
                : CallRefusals.Abandoned();
            tokens.Dispose();
            return (default, refusal);
        }
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

    // A job that gives up because its token was cancelled says so with an exception that means nothing to its caller.
    private JobOutcome Explain(JobOutcome outcome, JobCall call, CallTokens? tokens, CancellationToken starter)
    {
        if (outcome.Failure?.Cause is not OperationCanceledException)
            return outcome;
        if (tokens is { HasExpired: true })
            return CallRefusals.TimedOut(call.Timeout!.Value);
        if (starter.IsCancellationRequested)
            return CallRefusals.Abandoned();
        return forcedStop.IsCancellationRequested ? CallRefusals.Stopping() : outcome;
    }

    private JobOutcome ReleaseAfter(
        JobOutcome outcome, JobCall call, GatePlace place, CallTokens? tokens, CancellationToken starter)
    {
        if (!outcome.IsSuccess || !InProcessExecutor.IsReadLater(call.Endpoint, outcome.Value))
        {
            place.Release();
            tokens?.Dispose();
            return outcome;
        }

        outcome.ReadToken = tokens?.Token ?? starter;
        outcome.WhenReadFails = exception => Explain(JobOutcome.Failed(exception), call, tokens, starter);
        outcome.ThenWhenRead(() =>
        {
            place.Release();
            tokens?.Dispose();
        });
        return outcome;
    }

    private async Task HoldUntilEndedAsync(Task<JobOutcome> execution, GatePlace place, CallTokens tokens)
    {
        gate.BecomeStuck();
        var outcome = await execution;
        try
        {
            await outcome.DisposeAsync();
        }
        finally
        {
            gate.BecomeUnstuck();
            place.Release();
            tokens.Dispose();
        }
    }
}
