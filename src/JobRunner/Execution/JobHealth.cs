using System.Reflection;
using JobRunner.Jobs;

namespace JobRunner.Execution;

/// <summary>Asks the job itself whether it is well, where it has a <c>CheckHealthAsync</c>. Probes that come at the same
/// time share one check; while one hangs they are answered at once, and no second one is begun.</summary>
internal sealed class JobHealth(ServedJob served, TimeProvider time)
{
    private const string Hangs = "the job's health check failed: it gave no answer within 5 s";

    /// <summary>Longest answer that probes wait for; a check that takes longer counts as failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Check? _latest;

    /// <summary>The queues that this host works on: name, and whether its broker answers.</summary>
    public Func<IReadOnlyDictionary<string, bool>>? Queues { get; set; }

    /// <summary>Runs the check, or joins the one that runs.</summary>
    /// <returns>What is wrong; null where the job is well or says nothing.</returns>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (served.Loaded is not { Definition.HealthCheck: { } method } job)
            return null;
        var check = Join(job, method);
        var left = Patience - time.GetElapsedTime(check.StartedAt);
        if (left <= TimeSpan.Zero)
            return check.Answer.IsCompleted ? await check.Answer : Hangs;
        try
        {
            return await check.Answer.WaitAsync(left, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return Hangs;
        }
    }

    private Check Join(LoadedJob job, MethodInfo method)
    {
        lock (_lock)
        {
            if (_latest is null or { Answer.IsCompleted: true })
                _latest = new Check(time.GetTimestamp(), AskAsync(job, method));
            return _latest;
        }
    }

    private async Task<string?> AskAsync(LoadedJob job, MethodInfo method)
    {
        using var expiry = new CancellationTokenSource(Patience, time);
        try
        {
            // The check is the job's code: it may block, and probes must not.
            var result = await Task.Run(() => OptionalMembers.Invoke(job.Instance, method, expiry.Token));
            return result switch
            {
                Task<bool> task => Verdict(await task),
                Task<string?> task => await task,
                ValueTask<bool> task => Verdict(await task),
                ValueTask<string?> task => await task,
                bool isWell => Verdict(isWell),
                string error => error,
                _ => null,
            };
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            return Hangs;
        }
        catch (Exception exception)
        {
            return $"the job's health check failed: {JobFailure.Of(exception).Message}";
        }
    }

    private static string? Verdict(bool isWell) => isWell ? null : "the job's health check failed";

    private sealed record Check(long StartedAt, Task<string?> Answer);
}
