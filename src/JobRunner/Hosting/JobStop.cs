using System.Runtime.InteropServices;
using JobRunner.Execution;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Hosting;

/// <summary>Stops a host without losing what it has accepted: unready, a delay in which calls are still taken, then no
/// more calls, then the running ones to their end, at last their tokens cancelled.</summary>
internal sealed partial class JobStop(
    ServedJob served, CallGate gate, JobSettings settings, TimeProvider time, ILogger<JobStop> logger)
    : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _forced = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _signalCount;
    private volatile bool _isTerminated;

    /// <summary>Cancelled when the grace period is over.</summary>
    public CancellationToken Forced => _forced.Token;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var extra = settings.Manifest.Extra;
        served.SetUnready();
        if (_isTerminated && extra.ShutdownDelay > TimeSpan.Zero)
        {
            Delaying(logger, extra.ShutdownDelay.TotalSeconds);
            await Task.Delay(extra.ShutdownDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        served.SetRefusing();
        if (!await DrainAsync(extra.ShutdownGrace, cancellationToken))
            Forcing(logger, gate.InFlight, extra.ShutdownGrace.TotalSeconds);
        await _forced.CancelAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _forced.Dispose();
    }

    private async Task<bool> DrainAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (gate.InFlight + gate.Waiting > 0)
        {
            if (time.GetElapsedTime(started) >= grace || cancellationToken.IsCancellationRequested)
                return false;
            await Task.Delay(PollInterval, time, CancellationToken.None);
        }

        return true;
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signalCount) > 1)
            Environment.Exit(128 + (context.Signal == PosixSignal.SIGTERM ? 15 : 2));
        _isTerminated = context.Signal == PosixSignal.SIGTERM;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: not ready any more, calls are still taken for {Seconds} s")]
    private static partial void Delaying(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} calls still run after {Seconds} s; they are cancelled")]
    private static partial void Forcing(ILogger logger, long count, double seconds);
}
