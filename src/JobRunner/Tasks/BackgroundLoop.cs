using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tasks;

/// <summary>A duty that is done again and again once there are tasks: one loop, one start, one stop. A failure is told
/// and the next turn tries again.</summary>
internal abstract partial class BackgroundLoop(TaskActivation activation, TimeSpan interval, TimeProvider time, ILogger logger)
    : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // A host may be disposed without a stop, or while somebody else stops it: the source holds nothing but its token.
    public void Dispose() => _stopping.Cancel();

    protected abstract Task TurnAsync(CancellationToken cancellationToken);

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        await activation.WaitAsync(time, cancellationToken);
        using var timer = new PeriodicTimer(interval, time);
        string? lastTrouble = null;
        do
        {
            try
            {
                await TurnAsync(cancellationToken);
                lastTrouble = null;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Said once, not every second.
                if (exception.Message != lastTrouble)
                    Failed(logger, GetType().Name, exception.Message);
                lastTrouble = exception.Message;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Duty}: {Reason}")]
    private static partial void Failed(ILogger logger, string duty, string reason);
}
