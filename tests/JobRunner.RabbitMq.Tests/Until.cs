using System.Diagnostics;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Waits for a condition, with a deadline that a slow machine does not reach.</summary>
internal static class Until
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > Deadline) throw new TimeoutException($"It never came to be that {what}.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
