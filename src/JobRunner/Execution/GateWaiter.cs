namespace JobRunner.Execution;

/// <summary>Somebody in a waiting line. Whether they are still in it decides, under the gate's lock, between a place
/// that is granted and a caller that leaves.</summary>
internal sealed class GateWaiter
{
    private readonly TaskCompletionSource _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock;
    private readonly LinkedList<GateWaiter> _line;
    private readonly LinkedListNode<GateWaiter> _node;

    /// <summary>Joins the end of a line; the caller holds its lock.</summary>
    public GateWaiter(Lock @lock, LinkedList<GateWaiter> line)
    {
        _lock = @lock;
        _line = line;
        _node = line.AddLast(this);
    }

    /// <summary>Leaves the line with a place; the caller holds the lock.</summary>
    public void Grant()
    {
        _line.Remove(_node);
        _granted.SetResult();
    }

    /// <summary>Waits for a place.</summary>
    /// <exception cref="OperationCanceledException">Left the line without one.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister(
            static (state, token) => ((GateWaiter)state!).Leave(token), this))
        {
            await _granted.Task;
        }
    }

    private void Leave(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_node.List is null)
                return;
            _line.Remove(_node);
        }

        _granted.SetCanceled(cancellationToken);
    }
}
