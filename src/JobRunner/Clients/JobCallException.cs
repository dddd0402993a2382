using JobRunner.Clients;

namespace JobRunner;

/// <summary>A call of another job has failed: it could not be reached, did not answer in time, or answered with an
/// error.</summary>
public sealed class JobCallException : Exception
{
    internal JobCallException(CallTarget target, string reason, int? status, string? answer, Exception? cause)
        : base($"failed to call job \"{target.Job} {target.Options.Version}\" by {target.SourceJob}: {reason}", cause)
    {
        SourceJob = target.SourceJob;
        TargetJob = target.Job;
        Version = target.Options.Version;
        Status = status;
        Answer = answer;
    }

    /// <summary>Name of the job that called.</summary>
    public string SourceJob { get; }

    /// <summary>Name of the job that was called.</summary>
    public string TargetJob { get; }

    /// <summary>Version that was asked for.</summary>
    public string Version { get; }

    /// <summary>HTTP status of the answer; null where there was none.</summary>
    public int? Status { get; }

    /// <summary>Body of the answer; null where there was none.</summary>
    public string? Answer { get; }
}
