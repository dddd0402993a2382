using System.Runtime.InteropServices;

namespace JobRunner.Manifest;

/// <summary>Where a node begins; line 0 for what does not come from a file.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Position(long Line, long Column)
{
    public override string ToString() => Line == 0 ? "" : $" (line {Line}, column {Column})";
}

/// <summary>A node of the parsed document. Aliases share nodes, so the tree may be a graph, but never a cycle.</summary>
internal abstract class ManifestNode(Position position, int size, int height)
{
    public Position Position { get; } = position;

    /// <summary>Nodes in this subtree, each alias counted as often as it is used.</summary>
    public int Size { get; } = size;

    public int Height { get; } = height;

    /// <summary>How an error shows this node.</summary>
    public abstract string Shown { get; }

    /// <summary>The node as string, bool, long, double, null, list or dictionary.</summary>
    public abstract object? ToPlain();
}

/// <param name="text">The value after expansion.</param>
/// <param name="written">The value before expansion: what errors may show, since variables hold secrets.</param>
/// <param name="isPlain">Whether it stands without quotes, so that it may be a number, a flag or null.</param>
/// <param name="position">Where it begins.</param>
internal sealed class ScalarNode(string text, string written, bool isPlain, Position position)
    : ManifestNode(position, 1, 1)
{
    private const int MaxShown = 80;

    public string Text { get; } = text;

    public string Written { get; } = written;

    public bool IsPlain { get; } = isPlain;

    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Shown =>
        IsPlain && Written.Length == 0 ? "empty"
        : $"\"{(Written.Length > MaxShown ? string.Concat(Written.AsSpan(0, MaxShown), "…") : Written)}\"";

    public override object? ToPlain() => IsNull ? null : PlainScalar.Value(this);
}

internal sealed class ListNode(IReadOnlyList<ManifestNode> items, Position position)
    : ManifestNode(position, 1 + items.Sum(item => item.Size), 1 + items.Select(item => item.Height).DefaultIfEmpty().Max())
{
    public IReadOnlyList<ManifestNode> Items { get; } = items;

    public override string Shown => "a list";

    public override object ToPlain() => Items.Select(item => item.ToPlain()).ToArray();
}

[StructLayout(LayoutKind.Auto)]
internal readonly record struct MapEntry(ScalarNode Key, ManifestNode Value);

internal sealed class MapNode(IReadOnlyList<MapEntry> entries, Position position)
    : ManifestNode(
        position,
        1 + entries.Sum(entry => 1 + entry.Value.Size),
        1 + entries.Select(entry => entry.Value.Height).DefaultIfEmpty().Max())
{
    private readonly Dictionary<string, ManifestNode> _values =
        entries.ToDictionary(entry => entry.Key.Text, entry => entry.Value, StringComparer.Ordinal);

    public static MapNode Empty { get; } = new([], default);

    public IReadOnlyList<MapEntry> Entries { get; } = entries;

    public override string Shown => "a mapping";

    public ManifestNode? Find(string key) => _values.GetValueOrDefault(key);

    public override IReadOnlyDictionary<string, object?> ToPlain() =>
        _values.ToDictionary(entry => entry.Key, entry => entry.Value.ToPlain(), StringComparer.Ordinal);
}
