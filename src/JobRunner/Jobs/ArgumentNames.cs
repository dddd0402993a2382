using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace JobRunner.Jobs;

/// <summary>Finds the declared name that a caller means: by exact name, then ignoring case, then treating
/// <c>snake_case</c> and <c>camelCase</c> as equal.</summary>
internal sealed class ArgumentNames<T>
{
    private readonly Dictionary<string, T> _exact;
    private readonly Dictionary<string, T> _ignoringCase;
    private readonly Dictionary<string, T> _folded;
    private readonly (byte[] Utf8, T Value)[] _utf8;

    private ArgumentNames(
        Dictionary<string, T> exact, Dictionary<string, T> ignoringCase, Dictionary<string, T> folded)
    {
        _exact = exact;
        _ignoringCase = ignoringCase;
        _folded = folded;
        _utf8 = [.. exact.Select(entry => (Encoding.UTF8.GetBytes(entry.Key), entry.Value))];
    }

    public IEnumerable<string> Names => _exact.Keys;

    /// <summary>Builds the table.</summary>
    /// <param name="entries">Declared names and what they stand for.</param>
    /// <param name="ambiguous">Two declared names that callers could not tell apart, where there are some.</param>
    /// <returns>The table, or null where names are ambiguous.</returns>
    public static ArgumentNames<T>? Create(
        IEnumerable<(string Name, T Value)> entries, out (string First, string Second) ambiguous)
    {
        var exact = new Dictionary<string, T>(StringComparer.Ordinal);
        var ignoringCase = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
        var folded = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
        var firstOf = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        ambiguous = default;
        foreach (var (name, value) in entries)
        {
            var key = Fold(name);
            if (!firstOf.TryAdd(key, name))
            {
                ambiguous = (firstOf[key], name);
                return null;
            }

            exact.Add(name, value);
            ignoringCase.Add(name, value);
            folded.Add(key, value);
        }

        return new ArgumentNames<T>(exact, ignoringCase, folded);
    }

    /// <summary>Looks an unescaped UTF-8 name up by exact match alone, without allocating.</summary>
    public bool TryFindExact(ReadOnlySpan<byte> name, [MaybeNullWhen(false)] out T value)
    {
        foreach (var (utf8, candidate) in _utf8)
        {
            if (name.SequenceEqual(utf8))
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }

    public bool TryFind(string name, [MaybeNullWhen(false)] out T value) =>
        _exact.TryGetValue(name, out value)
        || _ignoringCase.TryGetValue(name, out value)
        || _folded.TryGetValue(Fold(name), out value);

    /// <summary>The name without what does not count; case does not either.</summary>
    public static string Fold(string name) =>
        name.Contains('_', StringComparison.Ordinal) ? name.Replace("_", string.Empty, StringComparison.Ordinal) : name;
}
