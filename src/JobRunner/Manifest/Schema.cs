using System.Collections;

namespace JobRunner.Manifest;

/// <summary>One key of a mapping: its name, and how its value changes the record.</summary>
/// <param name="Name">As it is written in the manifest.</param>
/// <param name="Apply">Reads the node and returns the changed record.</param>
/// <param name="Variable">The environment variable that fills in what the manifest leaves out.</param>
internal sealed record Key<T>(string Name, Func<T, ManifestNode, Place, T> Apply, string? Variable);

/// <summary>What to do with a key that the schema does not have.</summary>
internal delegate void UnknownKey(MapEntry entry, Place at, IReadOnlyList<string> known);

/// <summary>
/// The keys of one mapping. Defaults are those of the record's own initializers, so that a record made in code and one
/// read from an empty manifest are the same.
/// </summary>
internal sealed class Schema<T> : IEnumerable<Key<T>>
{
    private readonly List<Key<T>> _keys = [];
    private readonly List<string> _names = [];

    public IReadOnlyList<string> Names => _names;

    public void Add<TValue>(string name, Kind<TValue> kind, Func<T, TValue, T> set, string? variable = null)
    {
        _names.Add(name);
        _keys.Add(new Key<T>(name, (target, node, at) => set(target, kind(node, at)), variable));
    }

    /// <summary>The key of this name, or null.</summary>
    public Key<T>? Find(string name) => _keys.Find(key => string.Equals(key.Name, name, StringComparison.Ordinal));

    /// <summary>Reads the mapping over <paramref name="start"/>; a key that is null counts as absent.</summary>
    public T Read(ManifestNode node, Place at, T start, UnknownKey unknown)
    {
        if (node is not MapNode map) throw at.Wrong(node, "a mapping");
        var result = start;
        foreach (var key in _keys)
        {
            if (map.Find(key.Name) is { } value and not ScalarNode { IsNull: true })
                result = key.Apply(result, value, at.Of(key.Name));
            else if (key.Variable is { } variable && at.Load.Environment(variable) is { Length: > 0 } text)
                result = key.Apply(result, new ScalarNode(text, text, isPlain: true, default), Place.Variable(variable, at.Load));
        }

        foreach (var entry in map.Entries)
        {
            if (Find(entry.Key.Text) is null) unknown(entry, at, _names);
        }

        return result;
    }

    public IEnumerator<Key<T>> GetEnumerator() => _keys.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The ways to treat an unknown key.</summary>
internal static class UnknownKeys
{
    public static UnknownKey Refuse { get; } = (entry, at, known) =>
        throw at.Unknown(entry.Key.Written, entry.Key.Position, known);

    public static UnknownKey Warn { get; } = (entry, at, known) =>
        at.WarnUnknown(entry.Key.Written, entry.Key.Position, known);

    public static UnknownKey Ignore { get; } = (_, _, _) => { };
}
