namespace JobRunner;

/// <summary>Carries out calls: in this process, in another one, in a container.</summary>
public interface IJobExecutor
{
    /// <summary>Carries out one call.</summary>
    /// <param name="call">The call; its payload is valid until the returned task ends.</param>
    /// <param name="cancellationToken">Cancelled when nobody wants the result any more: timeout, cancellation of the
    /// task, client gone, forced shutdown.</param>
    /// <returns>The outcome. The work has really ended when the task has. An exception of the job is a failed outcome,
    /// not an exception of this method.</returns>
    ValueTask<JobOutcome> ExecuteAsync(JobCall call, CancellationToken cancellationToken);
}
