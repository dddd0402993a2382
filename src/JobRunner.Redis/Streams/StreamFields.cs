using System.Text;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Streams;

/// <summary>The fields of an entry in their order, values as bytes.</summary>
internal sealed class StreamFields
{
    private readonly List<(string Name, ReadOnlyMemory<byte> Value)> _fields = [];

    public StreamFields()
    {
    }

    public StreamFields(IEnumerable<(RespValue Name, RespValue Value)> pairs) =>
        _fields.AddRange(pairs.Select(pair => (pair.Name.Text!, pair.Value.Bytes)));

    public IReadOnlyList<(string Name, ReadOnlyMemory<byte> Value)> All => _fields;

    /// <summary>What the fields take in bytes.</summary>
    public long Size => _fields.Sum(pair => (long)pair.Name.Length + pair.Value.Length);

    /// <summary>The value of a field; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Find(string name)
    {
        foreach (var field in _fields)
        {
            if (field.Name == name) return field.Value;
        }

        return null;
    }

    public string? Text(string name) => Find(name) is { } value ? Encoding.UTF8.GetString(value.Span) : null;

    public StreamFields Copy()
    {
        var copy = new StreamFields();
        copy._fields.AddRange(_fields);
        return copy;
    }

    /// <summary>Replaces a field, or removes it for null.</summary>
    public StreamFields Set(string name, string? value) =>
        Set(name, value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(value));

    /// <inheritdoc cref="Set(string, string?)"/>
    public StreamFields Set(string name, ReadOnlyMemory<byte>? value)
    {
        var at = _fields.FindIndex(field => field.Name == name);
        if (value is not { } bytes) _fields.RemoveAll(field => field.Name == name);
        else if (at >= 0) _fields[at] = (name, bytes);
        else _fields.Add((name, bytes));
        return this;
    }

    public IEnumerable<RedisArgument> Arguments()
    {
        foreach (var (name, value) in _fields)
        {
            yield return name;
            yield return value;
        }
    }
}
