using System.Buffers;
using System.Buffers.Text;

namespace JobRunner.Redis.Protocol;

/// <summary>
/// Reads replies of RESP2 and RESP3 (redis.io/docs/reference/protocol-spec) from bytes that come in any portions. It
/// remembers where it is, so every byte is looked at once, and it allocates for what has come, not for what is
/// announced. RESP3's streamed types, which no server sends, are refused.
/// </summary>
internal sealed class RespParser(RespLimits limits)
{
    private readonly Stack<RespAggregate> _open = new();
    private RespBulk? _bulk;
    private long _held;

    /// <summary>Reads the next reply; what has been understood is taken off the buffer even where the reply is not
    /// complete yet.</summary>
    /// <exception cref="RespProtocolException">The bytes are not RESP or exceed the limits; the parser is of no more
    /// use.</exception>
    public bool TryParse(ref ReadOnlySequence<byte> buffer, out RespValue reply)
    {
        while (TryReadNext(ref buffer, out var value))
        {
            if (value is { } complete && Place(complete) is { } whole)
            {
                _held = 0;
                reply = whole;
                return true;
            }
        }

        reply = default;
        return false;
    }

    // Null where an aggregate or a string has only been opened.
    private bool TryReadNext(ref ReadOnlySequence<byte> buffer, out RespValue? value)
    {
        value = null;
        if (_bulk is not null)
        {
            if (!_bulk.Fill(ref buffer, Hold)) return false;
            value = _bulk.ToValue();
            _bulk = null;
            return true;
        }

        if (!TryReadLine(ref buffer, out var line)) return false;
        if (line.Length == 0) throw new RespProtocolException("Redis sent an empty line.");
        value = Interpret(line[0], line.AsSpan(1));
        return true;
    }

    private RespValue? Interpret(byte type, ReadOnlySpan<byte> rest) => (char)type switch
    {
        '+' => RespValue.Of(RespKind.SimpleString, Line(rest)),
        '-' => RespValue.Of(RespKind.Error, Line(rest)),
        ':' => RespValue.Of(RespKind.Integer, Number(rest)),
        '$' => OpenBulk(RespKind.BulkString, rest),
        '=' => OpenBulk(RespKind.VerbatimString, rest),
        '!' => OpenBulk(RespKind.Error, rest),
        ',' => RespValue.Of(RespKind.Double, Line(rest)),
        '(' => RespValue.Of(RespKind.BigNumber, Line(rest)),
        '#' => RespValue.Of(RespKind.Boolean, Boolean(rest)),
        '_' => rest.IsEmpty ? RespValue.Null : throw new RespProtocolException("Redis sent a null with content."),
        '*' => Open(RespKind.Array, rest, elementsPerEntry: 1),
        '~' => Open(RespKind.Set, rest, elementsPerEntry: 1),
        '>' => Open(RespKind.Push, rest, elementsPerEntry: 1),
        '%' => Open(RespKind.Map, rest, elementsPerEntry: 2),
        '|' => Open(kind: null, rest, elementsPerEntry: 2),
        _ => throw new RespProtocolException($"Redis sent the unknown type 0x{type:x2}."),
    };

    private RespValue? OpenBulk(RespKind kind, ReadOnlySpan<byte> rest)
    {
        var length = Number(rest);
        if (length == -1 && kind == RespKind.BulkString) return RespValue.Null;
        if (length < 0 || length > limits.Bulk)
            throw new RespProtocolException($"Redis announced a string of {length} bytes; at most {limits.Bulk} are read.");
        _bulk = new RespBulk(kind, (int)length);
        return null;
    }

    // Without a kind it is an attribute, which precedes a reply and is not part of it.
    private RespValue? Open(RespKind? kind, ReadOnlySpan<byte> rest, int elementsPerEntry)
    {
        var count = Number(rest);
        if (count == -1 && kind == RespKind.Array) return RespValue.Null;
        if (count is < 0 or > int.MaxValue / 2)
            throw new RespProtocolException($"Redis announced {count} elements.");
        if (_open.Count == limits.Depth)
            throw new RespProtocolException($"Redis sent a reply nested deeper than {limits.Depth}.");
        if (count == 0) return kind is { } empty ? RespValue.Of(empty, Array.Empty<RespValue>()) : null;
        _open.Push(new RespAggregate(kind, (int)count * elementsPerEntry));
        return null;
    }

    // Puts a value where it belongs; gives the reply that is complete with it.
    private RespValue? Place(RespValue value)
    {
        while (_open.TryPeek(out var aggregate))
        {
            Hold(RespAggregate.ElementSize);
            if (!aggregate.Add(value)) return null;
            _open.Pop();
            if (aggregate.ToValue() is not { } complete) return null;
            value = complete;
        }

        return value;
    }

    private bool TryReadLine(ref ReadOnlySequence<byte> buffer, out byte[] line)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> read, (byte)'\n'))
        {
            line = [];
            return buffer.Length <= limits.Line ? false : throw LineTooLong();
        }

        if (read.Length > limits.Line) throw LineTooLong();
        line = read.ToArray();
        if (line.Length == 0 || line[^1] != '\r')
            throw new RespProtocolException("Redis sent a line that does not end in CR LF.");
        line = line[..^1];
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private byte[] Line(ReadOnlySpan<byte> rest)
    {
        Hold(rest.Length);
        return rest.ToArray();
    }

    private void Hold(int bytes)
    {
        _held += bytes;
        if (_held > limits.Reply)
            throw new RespProtocolException($"Redis sent a reply of more than {limits.Reply} bytes.");
    }

    private RespProtocolException LineTooLong() => new($"Redis sent a line of more than {limits.Line} bytes.");

    private static long Number(ReadOnlySpan<byte> text)
    {
        // The protocol allows a leading plus sign.
        if (text is [(byte)'+', not (byte)'-', ..]) text = text[1..];
        return Utf8Parser.TryParse(text, out long number, out var consumed) && consumed == text.Length
            ? number
            : throw new RespProtocolException("Redis sent a number that is none.");
    }

    private static long Boolean(ReadOnlySpan<byte> text) => text switch
    {
        [(byte)'t'] => 1,
        [(byte)'f'] => 0,
        _ => throw new RespProtocolException("Redis sent a boolean that is none."),
    };
}
