using System.Buffers;
using System.Buffers.Text;
using System.Collections;
using System.Text;

namespace JobRunner.Nats.Protocol;

/// <summary>
/// The headers of a message: in order, a name may occur several times, names are case-sensitive. A status line stands
/// in messages that the server sends of its own accord.
/// </summary>
internal sealed class NatsHeaders : IEnumerable<KeyValuePair<string, string>>
{
    private static readonly SearchValues<char> LineBreaks = SearchValues.Create("\r\n");
    private readonly List<KeyValuePair<string, string>> _fields = [];

    private static ReadOnlySpan<byte> Version => "NATS/1.0"u8;

    /// <summary>0 where there is none.</summary>
    public int Status { get; private init; }

    /// <summary>What the server says to its status.</summary>
    public string Description { get; private init; } = "";

    public int Count => _fields.Count;

    /// <summary>The first value of this name, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var (key, value) in _fields)
            {
                if (key == name) return value;
            }

            return null;
        }
    }

    /// <summary>All values of this name.</summary>
    public IEnumerable<string> Values(string name) => _fields.Where(field => field.Key == name).Select(field => field.Value);

    /// <exception cref="FormatException">A line break would let the value write headers of its own.</exception>
    public void Add(string name, string value)
    {
        if (name.Length == 0 || name.Any(c => c <= ' ' || c >= 127 || c == ':'))
            throw new FormatException("A header's name is printable ASCII without a colon.");
        if (value.AsSpan().ContainsAny(LineBreaks))
            throw new FormatException($"The header {name} has a line break in its value.");
        _fields.Add(new(name, value));
    }

    /// <summary>The wire form, with the empty line that ends it.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder("NATS/1.0\r\n");
        foreach (var (name, value) in _fields)
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>
    /// Reads the wire form. Lines that are no header are left out: they come from other clients, and one bad message
    /// must not cost the connection.
    /// </summary>
    public static NatsHeaders Parse(ReadOnlySpan<byte> bytes)
    {
        var first = TakeLine(ref bytes);
        var (status, description) = first.StartsWith(Version) ? ParseStatus(first[Version.Length..]) : (0, "");
        var headers = new NatsHeaders { Status = status, Description = description };
        while (!bytes.IsEmpty)
        {
            var line = TakeLine(ref bytes);
            var colon = line.IndexOf((byte)':');
            if (colon <= 0) continue;
            headers._fields.Add(new(Text(line[..colon]), Text(line[(colon + 1)..])));
        }

        return headers;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static (int Status, string Description) ParseStatus(ReadOnlySpan<byte> rest)
    {
        var trimmed = rest.Trim((byte)' ');
        if (!Utf8Parser.TryParse(trimmed, out int status, out var length) || status is < 100 or > 999 || length != 3)
            return (0, "");
        return (status, Text(trimmed[length..]));
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf("\r\n"u8);
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 2)..];
        return line;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.Trim((byte)' '));
}
