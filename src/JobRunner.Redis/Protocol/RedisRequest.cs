namespace JobRunner.Redis.Protocol;

/// <summary>Commands on their way, and the replies that have come to them.</summary>
internal sealed class RedisRequest(IReadOnlyList<RedisCommand> commands)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private readonly TaskCompletionSource<RespValue[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RespValue[] _replies = new RespValue[commands.Count];
    private int _replied;
    private int _state;

    public IReadOnlyList<RedisCommand> Commands { get; } = commands;

    public Task<RespValue[]> Replies => _completion.Task;

    /// <summary>Claims the request for writing; false where its sender has withdrawn it.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Gives the request up; false where it is on its way already.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;

    /// <summary>Takes the next reply.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool Add(RespValue reply)
    {
        _replies[_replied++] = reply;
        if (_replied < _replies.Length) return false;
        _completion.TrySetResult(_replies);
        return true;
    }

    public void Fail(Exception exception)
    {
        _completion.TrySetException(exception);

        // The sender may be gone.
        _ = _completion.Task.Exception;
    }
}
