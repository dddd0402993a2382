namespace JobRunner.Execution;

/// <summary>What can end a call early, joined into one token: the starter, the timeout, the forced stop.</summary>
internal sealed class CallTokens : IDisposable
{
    private readonly CancellationTokenSource? _expiry;
    private readonly CancellationTokenSource _joined;

    public CallTokens(TimeSpan? timeout, TimeProvider time, CancellationToken starter, CancellationToken forcedStop)
    {
        _expiry = timeout is { } limit ? new CancellationTokenSource(limit, time) : null;
        _joined = _expiry is null
            ? CancellationTokenSource.CreateLinkedTokenSource(starter, forcedStop)
            : CancellationTokenSource.CreateLinkedTokenSource(starter, forcedStop, _expiry.Token);
    }

    public CancellationToken Token => _joined.Token;

    /// <summary>Cancelled when the timeout has passed.</summary>
    public CancellationToken Expiry => _expiry?.Token ?? CancellationToken.None;

    public bool HasExpired => _expiry is { IsCancellationRequested: true };

    public void Dispose()
    {
        _joined.Dispose();
        _expiry?.Dispose();
    }
}
