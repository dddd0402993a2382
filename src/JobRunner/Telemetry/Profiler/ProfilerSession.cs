namespace JobRunner.Telemetry.Profiler;

/// <summary>One profiler: idle, then recording, then holding a report until the next start.</summary>
internal sealed class ProfilerSession(IProfileKind kind) : IAsyncDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private ProfileRecording? _recording;
    private bool _isRecording;
    private Profile? _profile;

    public string Name => kind.Name;

    /// <summary>Starts a recording and forgets the last report.</summary>
    /// <exception cref="ProfilerConflictException">A recording runs.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            if (_isRecording)
                throw new ProfilerConflictException(
                    $"The {Name} profiler has already been started: stop it before starting it again.");
            if (_recording is not null)
                await _recording.DisposeAsync();
            (_recording, _profile) = (null, null);
            _recording = await ProfileRecording.StartAsync(kind, cancellationToken);
            _isRecording = true;
            return true;
        },
        cancellationToken);

    /// <summary>Ends the recording; the report can be read from now on.</summary>
    /// <returns>The report's size in bytes.</returns>
    /// <exception cref="ProfilerConflictException">No recording runs.</exception>
    public Task<long> StopAsync(CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            if (!_isRecording || _recording is null)
                throw new ProfilerConflictException($"The {Name} profiler has not been started: start it first.");
            kind.BeforeStop();
            // Not cancelled with the request: half a file is of no use to anyone.
            await _recording.StopAsync(CancellationToken.None);
            _isRecording = false;
            return new FileInfo(_recording.FilePath).Length;
        },
        cancellationToken);

    /// <summary>Opens the report, a <c>.nettrace</c> file.</summary>
    /// <exception cref="ProfilerConflictException">There is none yet.</exception>
    public Task<FileStream> OpenReportAsync(CancellationToken cancellationToken) => AloneAsync(
        () => Task.FromResult(new FileStream(Report(), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete)),
        cancellationToken);

    /// <summary>Reads the report; the first reading takes seconds.</summary>
    /// <exception cref="ProfilerConflictException">There is none yet.</exception>
    public Task<Profile> ReadAsync(CancellationToken cancellationToken) => AloneAsync(
        async () => _profile ??= await Task.Factory.StartNew(
            () => kind.Read(Report()), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default),
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_recording is not null)
            await _recording.DisposeAsync();
        _oneAtATime.Dispose();
    }

    private string Report()
    {
        if (_isRecording)
            throw new ProfilerConflictException($"The {Name} profiler still runs: stop it to get its report.");
        return _recording?.FilePath
            ?? throw new ProfilerConflictException($"There is no {Name} report: start the profiler, then stop it.");
    }

    private async Task<T> AloneAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            return await action();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
