namespace JobRunner.Execution;

/// <summary>Queue work in the gate's second line. Whether it is still in it decides, under the line's lock, between a
/// place that is reserved for it and a worker that leaves.</summary>
internal sealed class GateWaiter
{
    private readonly TaskCompletionSource<GateReservation> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LinkedList<GateWaiter> _line;
    private readonly LinkedListNode<GateWaiter> _node;

    /// <summary>Joins the end of a line; the caller holds its lock.</summary>
    public GateWaiter(LinkedList<GateWaiter> line)
    {
        _line = line;
        _node = line.AddLast(this);
    }

    /// <summary>Whether it is still in line; the caller holds the lock.</summary>
    public bool IsWaiting => _node.List is not null;

    /// <summary>Leaves the line with a reserved place; the caller holds the lock.</summary>
    public void Grant(GateReservation reservation)
    {
        _line.Remove(_node);
        _granted.SetResult(reservation);
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="lock">The line's lock, which the caller does not hold.</param>
    /// <param name="cancellationToken">Leaves the line.</param>
    /// <exception cref="OperationCanceledException">Left the line without a place.</exception>
    public async ValueTask<GateReservation> WaitAsync(Lock @lock, CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister((_, token) => Leave(@lock, token), state: null))
        {
            return await _granted.Task;
        }
    }

    private void Leave(Lock @lock, CancellationToken cancellationToken)
    {
        lock (@lock)
        {
            if (_node.List is null)
                return;
            _line.Remove(_node);
        }

        _granted.SetCanceled(cancellationToken);
    }
}
