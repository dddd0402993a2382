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
    /// <summary>What calls get to end after their tokens were cancelled.</summary>
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _forced = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private ITimer? _grace;
    private int _signalCount;
    private volatile bool _isTerminated;

    /// <summary>Cancelled when the grace period is over.</summary>
    public CancellationToken Forced => _forced.Token;

    /// <summary>What a stop may take before the server breaks connections off.</summary>
    public static TimeSpan LongestStop(JobSettings settings) =>
        settings.Manifest.Extra.ShutdownDelay + settings.Manifest.Extra.ShutdownGrace + LastMoment;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // The handler that was registered last runs first, so the kind of the signal is known before the host's own
        // handler begins the stop.
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

        // A request that was let in just before may not be in the gate yet. The server waits for it, so the grace period
        // outlives the draining.
        _grace = time.CreateTimer(_ => Force(), state: null, extra.ShutdownGrace, Timeout.InfiniteTimeSpan);
        await DrainAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Whatever still runs now has no connection and no host any more.
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Force();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _grace?.Dispose();
        _forced.Dispose();
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (gate.InFlight + gate.Waiting > 0 && !_forced.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            await Task.Delay(PollInterval, time, CancellationToken.None);
    }

    private void Force()
    {
        if (gate.InFlight > 0)
            Forcing(logger, gate.InFlight, settings.Manifest.Extra.ShutdownGrace.TotalSeconds);
        try
        {
            _forced.Cancel();
        }
        catch (Exception exception)
        {
            // Callbacks on a job's token are the job's own code.
            CancellationFailed(logger, exception);
        }
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

    [LoggerMessage(Level = LogLevel.Error, Message = "A call could not be cancelled")]
    private static partial void CancellationFailed(ILogger logger, Exception exception);
}
