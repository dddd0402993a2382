namespace JobRunner.Redis.Protocol;

/// <summary>An array, map, set, push or attribute whose elements are still coming.</summary>
internal sealed class RespAggregate(RespKind? kind, int count)
{
    /// <summary>About what an element takes in memory besides its content.</summary>
    public const int ElementSize = 32;

    private const int FirstCapacity = 16;

    private readonly List<RespValue> _elements = new(Math.Min(count, FirstCapacity));

    /// <summary>Takes the next element.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool Add(RespValue element)
    {
        _elements.Add(element);
        return _elements.Count == count;
    }

    /// <summary>The complete value; null for an attribute.</summary>
    public RespValue? ToValue() => kind is { } known ? RespValue.Of(known, [.. _elements]) : null;
}
