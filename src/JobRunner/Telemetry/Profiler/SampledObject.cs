namespace JobRunner.Telemetry.Profiler;

/// <summary>An object whose allocation was sampled.</summary>
internal sealed class SampledObject(ulong address, long size, string type, IReadOnlyList<StackFrameName> stack)
{
    /// <summary>The mean distance of two samples, in allocated bytes; fixed by the runtime.</summary>
    private const double SamplingDistance = 100 * 1024;

    /// <summary>Larger objects are allocated on a heap that only full collections visit.</summary>
    private const long LargeObject = 85_000;

    private const int Oldest = 2;

    public ulong Address { get; private set; } = address;

    /// <summary>At least the generation the object is in; it may be lower in truth, never higher.</summary>
    public int Generation { get; private set; } = size >= LargeObject ? Oldest : 0;

    public string Type { get; } = type;

    public IReadOnlyList<StackFrameName> Stack { get; } = stack;

    public bool IsAlive { get; private set; } = true;

    /// <summary>
    /// The bytes the sample stands for: an object of s bytes is sampled with probability 1 - exp(-s/distance).
    /// </summary>
    public double EstimatedBytes { get; } = size / (1 - Math.Exp(-size / SamplingDistance));

    public void MoveTo(ulong address)
    {
        Address = address;
        Generation = Math.Min(Oldest, Generation + 1);
    }

    public void Die() => IsAlive = false;
}
