namespace JobRunner.Execution;

/// <summary>How calls end that never ran, or were cut short from outside.</summary>
internal static class CallRefusals
{
    /// <summary>Type of the failure of a call that the stop of the host has ended or kept from starting.</summary>
    public const string Stopped = "JobStopping";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public static JobOutcome Full(CallGate gate)
    {
        var detail = $"the job runs at most {gate.MaxConcurrency} calls at once (max_concurrency), "
            + $"and at most {gate.MaxQueue} more may wait (max_concurrency_queue)";
        return JobOutcome.Failed(
            429, new JobFailure($"too many requests: {detail}", "TooManyRequests", Detail: detail), Soon);
    }

    public static JobOutcome TimedOut(TimeSpan timeout) => JobOutcome.Failed(504, new JobFailure(
        $"the call took longer than its timeout of {timeout.TotalSeconds:0.###} s", nameof(TimeoutException)));

    public static JobOutcome Stopping()
    {
        const string message = "the job is stopping and takes no more calls";
        return JobOutcome.Failed(503, new JobFailure(message, Stopped, Detail: message), Soon);
    }

    public static JobOutcome Abandoned() => JobOutcome.Failed(
        JobOutcome.ClientClosedRequest,
        new JobFailure("whoever started the call wants no answer any more", nameof(OperationCanceledException)));
}
