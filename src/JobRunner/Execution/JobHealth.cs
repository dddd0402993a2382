using JobRunner.Jobs;

namespace JobRunner.Execution;

/// <summary>Asks the job itself whether it is well, where it has a <c>CheckHealthAsync</c>.</summary>
internal sealed class JobHealth(ServedJob served)
{
    /// <summary>Longest answer that probes wait for; a check that takes longer counts as failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The queues that this host works on: name, and whether its broker answers.</summary>
    public Func<IReadOnlyDictionary<string, bool>>? Queues { get; set; }

    /// <summary>Runs the check.</summary>
    /// <returns>What is wrong; null where the job is well or says nothing.</returns>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (served.Loaded is not { Definition.HealthCheck: { } check } job)
            return null;
        try
        {
            using var expiry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            expiry.CancelAfter(Patience);

            // The check is the job's code: it may block, and probes must not.
            var result = await Task.Run(() => OptionalMembers.Invoke(job.Instance, check, expiry.Token), expiry.Token)
                .WaitAsync(Patience, cancellationToken);
            return result switch
            {
                Task<bool> task => await task.WaitAsync(Patience, cancellationToken) ? null : "the job's health check failed",
                Task<string?> task => await task.WaitAsync(Patience, cancellationToken),
                ValueTask<bool> task => await task ? null : "the job's health check failed",
                bool isWell => isWell ? null : "the job's health check failed",
                string error => error,
                _ => null,
            };
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return $"the job's health check failed: {JobErrors.Unwrap(exception).Message}";
        }
    }
}
