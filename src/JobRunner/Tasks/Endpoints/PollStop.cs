using Microsoft.Extensions.Hosting;

namespace JobRunner.Tasks.Endpoints;

/// <summary>Ends waiting polls and event streams when the host has finished its work, so that they do not hold up its
/// end. Registered before the stop of calls, it comes after it.</summary>
internal sealed class PollStop : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public CancellationToken Token => _stop.Token;

    public Task StoppingAsync(CancellationToken cancellationToken) => _stop.CancelAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();
}
