using System.Globalization;
using System.Text;

namespace JobRunner.Redis.Protocol;

/// <summary>One reply of the server. The same question has different types in RESP2 and RESP3; the accessors take both,
/// so that callers need not know which is spoken.</summary>
internal readonly struct RespValue
{
    private readonly object? _content;
    private readonly long _number;

    private RespValue(RespKind kind, object? content, long number = 0)
    {
        Kind = kind;
        _content = content;
        _number = number;
    }

    public static RespValue Null => default;

    public RespKind Kind { get; }

    public bool IsNull => Kind == RespKind.Null;

    public bool IsError => Kind == RespKind.Error;

    /// <summary>The elements of an aggregate, keys and values of a map in turn; none for anything else.</summary>
    public IReadOnlyList<RespValue> Items => _content as RespValue[] ?? [];

    /// <summary>The bytes of a string; none for anything else.</summary>
    public ReadOnlyMemory<byte> Bytes => _content as byte[] ?? ReadOnlyMemory<byte>.Empty;

    /// <summary>A string as text, a number as its digits; null for null.</summary>
    /// <exception cref="RedisException">The reply is an error or an aggregate.</exception>
    public string? Text => Kind switch
    {
        RespKind.Null => null,
        RespKind.Integer => _number.ToString(CultureInfo.InvariantCulture),
        RespKind.Boolean => _number == 0 ? "0" : "1",
        _ when _content is byte[] bytes && !IsError => Encoding.UTF8.GetString(bytes),
        _ => throw Unexpected("a string"),
    };

    /// <summary>An integer, or a string of digits.</summary>
    /// <exception cref="RedisException">The reply is neither.</exception>
    public long Integer => Kind is RespKind.Integer or RespKind.Boolean
        ? _number
        : _content is byte[] bytes && !IsError && long.TryParse(bytes, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Unexpected("an integer");

    public static RespValue Of(RespKind kind, byte[] bytes) => new(kind, bytes);

    public static RespValue Of(RespKind kind, RespValue[] items) => new(kind, items);

    public static RespValue Of(RespKind kind, long number) => new(kind, content: null, number);

    /// <summary>The reply, unless it is an error.</summary>
    /// <exception cref="RedisException">The server's message.</exception>
    public RespValue OrThrow() => IsError ? throw Error() : this;

    /// <summary>The server's message as an exception.</summary>
    public RedisException Error() => new(Encoding.UTF8.GetString(Bytes.Span));

    /// <summary>Names and values: a RESP3 map, or the RESP2 list in which they take turns.</summary>
    public IEnumerable<(RespValue Name, RespValue Value)> Pairs()
    {
        var items = Items;
        for (var i = 0; i + 1 < items.Count; i += 2)
            yield return (items[i], items[i + 1]);
    }

    private RedisException Unexpected(string expected) =>
        IsError ? Error() : new RedisException($"Redis answered with {Kind} where {expected} was expected.");
}
