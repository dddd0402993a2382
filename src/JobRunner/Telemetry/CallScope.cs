namespace JobRunner.Telemetry;

/// <summary>
/// The call that the running code belongs to. It flows through <c>await</c>, tasks and threads into whatever the job
/// does, so that the job's own log lines carry its tracing id. Nothing is paid where no scope is begun.
/// </summary>
internal readonly struct CallScope : IDisposable
{
    private static readonly AsyncLocal<CallIdentity?> Ambient = new();

    private readonly CallIdentity? _outer;

    private CallScope(CallIdentity? outer) => _outer = outer;

    /// <summary>The identity of the innermost scope, null outside of any.</summary>
    public static CallIdentity? Current => Ambient.Value;

    /// <summary>Begins a scope that lasts until it is disposed, or the asynchronous method that began it returns.</summary>
    public static CallScope Begin(CallIdentity identity)
    {
        var outer = Ambient.Value;
        Ambient.Value = identity;
        return new CallScope(outer);
    }

    /// <summary>Restores the scope outside of this one.</summary>
    public void Dispose() => Ambient.Value = _outer;
}
