namespace JobRunner.Tests.Execution;

/// <summary>Waits for what becomes true without anybody saying when.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition, Func<string> because) =>
        TrueAsync(() => ValueTask.FromResult(condition()), because);

    public static Task TrueAsync(Func<bool> condition, string because) => TrueAsync(condition, () => because);

    public static Task TrueAsync(Func<Task<bool>> condition, Func<string> because) =>
        TrueAsync(() => new ValueTask<bool>(condition()), because);

    public static Task TrueAsync(Func<Task<bool>> condition, string because) => TrueAsync(condition, () => because);

    /// <summary>The result of a task that must end.</summary>
    public static Task<T> Ends<T>(Task<T> task) => task.WaitAsync(Deadline);

    private static async Task TrueAsync(Func<ValueTask<bool>> condition, Func<string> because)
    {
        using var expiry = new CancellationTokenSource(Deadline);
        for (var tries = 0; !await condition(); tries++)
        {
            if (expiry.IsCancellationRequested)
                throw new TimeoutException(because());
            if (tries < 100)
                await Task.Yield();
            else
                await Task.Delay(1);
        }
    }
}
