namespace JobRunner.Cli.Tests;

/// <summary>Waits for a condition, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
            await pause.WaitForNextTickAsync(deadline.Token);
    }

    /// <summary>Waits, and says how things are where the condition never comes.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, Func<string> state)
    {
        try
        {
            await IsTrueAsync(condition);
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException(state(), exception);
        }
    }

    public static Task IsTrueAsync(Func<bool> condition) => IsTrueAsync(() => Task.FromResult(condition()));
}
