using System.Runtime.CompilerServices;

namespace JobRunner.Tests.Telemetry;

/// <summary>A job with a planted leak, which makes far more garbage elsewhere than it leaks.</summary>
internal sealed class LeakyJob
{
    private readonly Dictionary<string, object> _cache = new(StringComparer.Ordinal);

    public int Kept => _cache.Count;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public int Perform(int number)
    {
        Remember(number);
        return Churn(number);
    }

    public async Task<int> PerformAsync(int number)
    {
        await Task.Yield();
        return Perform(number);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Remember(int number) => _cache.Add($"answer {number}", new string('x', 10_000));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Churn(int number)
    {
        var length = 0;
        for (var i = 0; i < 100; i++)
            length += new int[500 + (number % 7)].Length;
        return length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static double Compute(TimeSpan time)
    {
        var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        var sum = 0d;
        while (Environment.TickCount64 < until)
        {
            for (var i = 1; i < 10_000; i++)
                sum += Math.Sqrt(i);
        }

        return sum;
    }
}
