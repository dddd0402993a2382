namespace JobRunner.Tasks;

/// <summary>Whether this host has anything to do with tasks yet: a job that nobody calls asynchronously leaves no files
/// behind.</summary>
internal sealed class TaskActivation
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly string? _file;
    private readonly TaskCompletionSource _active = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskActivation(QueueUrl store)
    {
        _file = store.Scheme == "sqlite" ? DataFolder.FileOf(store) : null;
        if (IsActive)
            _active.TrySetResult();
    }

    /// <summary>Waits until there is, or was, a first task; another process may have put it.</summary>
    public async Task WaitAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (!IsActive)
        {
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(_active.Task, Task.Delay(LookInterval, time, pause.Token));
            await pause.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Whether there may be records.</summary>
    public bool IsActive
    {
        get
        {
            if (_active.Task.IsCompleted)
                return true;
            if (_file is not null && !File.Exists(_file))
                return false;
            _active.TrySetResult();
            return true;
        }
    }

    public void Activate() => _active.TrySetResult();
}
