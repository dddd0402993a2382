namespace JobRunner.Execution;

/// <summary>The job of a host through its life: loading, then ready or failed, at last draining.</summary>
internal sealed class ServedJob
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LoadedJob? _loaded;
    private volatile string? _error;
    private volatile bool _isPublished;
    private volatile bool _isUnready;
    private volatile bool _isRefusing;

    /// <summary>The job once it is loaded, else null.</summary>
    public LoadedJob? Loaded => _loaded;

    /// <summary>The path of its calls once it is loaded, else null.</summary>
    public JobPipeline? Pipeline { get; private set; }

    /// <summary>Why loading failed, else null.</summary>
    public string? Error => _error;

    public bool IsLive => _error is null;

    /// <summary>Whether load balancers should send calls here.</summary>
    public bool IsReady => _isPublished && !_isUnready;

    /// <summary>Whether new calls are refused because the host is stopping.</summary>
    public bool IsRefusing => _isRefusing;

    /// <summary>Ends when the job is ready; fails when loading has.</summary>
    public Task WhenReady => _ready.Task;

    /// <summary>Called when <see cref="Loaded"/> has changed.</summary>
    public Action? Changed { get; set; }

    public void SetLoaded(LoadedJob job, JobPipeline pipeline)
    {
        Pipeline = pipeline;
        _loaded = job;
        _error = null;

        // Ready is said only once its paths are served: a call that follows the probe must not find the old ones.
        Changed?.Invoke();
        _isPublished = true;
        _ready.TrySetResult();
    }

    public void SetFailed(string error, Exception cause)
    {
        _error = error;
        _ready.TrySetException(cause);
        _ = _ready.Task.Exception;
    }

    /// <summary>Tells load balancers to look elsewhere; calls are still taken.</summary>
    public void SetUnready() => _isUnready = true;

    /// <summary>Takes no more calls.</summary>
    public void SetRefusing() => _isRefusing = true;
}
