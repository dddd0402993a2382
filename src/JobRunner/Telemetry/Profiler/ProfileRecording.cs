using Microsoft.Diagnostics.NETCore.Client;

namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// A recording of this process by itself, over the runtime's diagnostics socket into a file that only this user may
/// read. It ends by itself when the file grows too large.
/// </summary>
internal sealed class ProfileRecording : IAsyncDisposable
{
    private const int BufferMegabytes = 256;
    private const long MaxBytes = 1L << 30;

    private readonly EventPipeSession _session;
    private readonly Task _copy;
    private int _isStopped;

    private ProfileRecording(EventPipeSession session, string path)
    {
        _session = session;
        FilePath = path;
        _copy = CopyAsync();
    }

    /// <summary>The <c>.nettrace</c> file, complete once stopped.</summary>
    public string FilePath { get; }

    /// <exception cref="ServerNotAvailableException">The runtime's diagnostics are switched off.</exception>
    public static async Task<ProfileRecording> StartAsync(IProfileKind kind, CancellationToken cancellationToken)
    {
        var session = await new DiagnosticsClient(Environment.ProcessId).StartEventPipeSessionAsync(
            kind.Providers, requestRundown: true, BufferMegabytes, cancellationToken);
        var name = $"jobrunner-{Environment.ProcessId}-{kind.Name}-{Guid.NewGuid():N}.nettrace";
        return new ProfileRecording(session, Path.Combine(Path.GetTempPath(), name));
    }

    /// <summary>Ends the recording and waits until the file is complete.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await RequestStopAsync(cancellationToken);
        await _copy.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or DiagnosticsClientException)
        {
            // The file is deleted all the same.
        }

        _session.Dispose();
        File.Delete(FilePath);
    }

    private async Task RequestStopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStopped, 1) == 0)
            await _session.StopAsync(cancellationToken);
    }

    private async Task CopyAsync()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(FilePath, options);
        var buffer = new byte[64 * 1024];
        Task? stop = null;
        while (await _session.EventStream.ReadAsync(buffer) is > 0 and var count)
        {
            await file.WriteAsync(buffer.AsMemory(0, count));
            // What the runtime sends on stopping must still be read, so nobody waits for it here.
            if (file.Length > MaxBytes)
                stop ??= RequestStopAsync(CancellationToken.None);
        }

        if (stop is not null)
            await stop;
    }
}
