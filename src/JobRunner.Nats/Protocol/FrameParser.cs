using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace JobRunner.Nats.Protocol;

/// <summary>
/// Reads what the server says. Nothing is allocated on the word of a length: a message is copied once all of its bytes
/// have come, and a length over the limit ends the connection at its line.
/// </summary>
internal static class FrameParser
{
    /// <summary>The longest line in bytes; INFO of a large cluster is by far the longest.</summary>
    public const int MaxLine = 64 << 10;

    /// <summary>The largest message that any server can be set to send, its headers included.</summary>
    public const int MaxMessage = 64 << 20;

    private const int MaxArguments = 5;

    /// <summary>Reads one frame off the front.</summary>
    /// <returns>False where more bytes are needed; the buffer is then as it was.</returns>
    /// <exception cref="NatsProtocolException">The bytes are not of the protocol, whatever follows.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out ServerFrame frame)
    {
        frame = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> sequence, (byte)'\n'))
        {
            if (buffer.Length > MaxLine) throw TooLong();
            return false;
        }

        if (sequence.Length > MaxLine) throw TooLong();
        var line = (sequence.IsSingleSegment ? sequence.FirstSpan : sequence.ToArray()).TrimEnd((byte)'\r');
        var space = line.IndexOfAny((byte)' ', (byte)'\t');
        var operation = space < 0 ? line : line[..space];
        var rest = space < 0 ? [] : line[(space + 1)..];

        if (Is(operation, "MSG"u8)) return TryReadMessage(ref buffer, ref reader, rest, hasHeaders: false, out frame);
        if (Is(operation, "HMSG"u8)) return TryReadMessage(ref buffer, ref reader, rest, hasHeaders: true, out frame);
        frame = ReadLine(operation, rest);
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private static ServerFrame ReadLine(ReadOnlySpan<byte> operation, ReadOnlySpan<byte> rest)
    {
        if (Is(operation, "PING"u8)) return new ServerFrame(FrameKind.Ping);
        if (Is(operation, "PONG"u8)) return new ServerFrame(FrameKind.Pong);
        if (Is(operation, "+OK"u8)) return new ServerFrame(FrameKind.Ok);
        if (Is(operation, "INFO"u8)) return new ServerFrame(FrameKind.Info, Info: ServerInfo.Parse(rest));
        if (Is(operation, "-ERR"u8))
            return new ServerFrame(FrameKind.Error, Error: Encoding.UTF8.GetString(rest.Trim(" '"u8)));
        throw new NatsProtocolException("The server sent an operation that the protocol does not have.");
    }

    private static bool TryReadMessage(
        ref ReadOnlySequence<byte> buffer,
        ref SequenceReader<byte> reader,
        ReadOnlySpan<byte> arguments,
        bool hasHeaders,
        out ServerFrame frame)
    {
        frame = default;
        Span<Range> parts = stackalloc Range[MaxArguments + 1];
        var count = Split(arguments, parts);
        var lengths = hasHeaders ? 2 : 1;
        if (count != 2 + lengths && count != 3 + lengths)
            throw new NatsProtocolException("The server sent a message whose line has the wrong number of parts.");

        var sid = Number(arguments[parts[1]], long.MaxValue);
        var total = Number(arguments[parts[count - 1]], MaxMessage);
        var headerLength = hasHeaders ? Number(arguments[parts[count - 2]], total) : 0;
        if (reader.Remaining < total + 2) return false;

        var body = reader.UnreadSequence.Slice(0, total);
        reader.Advance(total);
        if (!reader.IsNext("\r\n"u8, advancePast: true))
            throw new NatsProtocolException("The server sent a message that is longer than its line says.");

        var bytes = body.ToArray();
        var message = new NatsMessage(
            Encoding.UTF8.GetString(arguments[parts[0]]),
            count == 3 + lengths ? Encoding.UTF8.GetString(arguments[parts[2]]) : null,
            hasHeaders ? NatsHeaders.Parse(bytes.AsSpan(0, (int)headerLength)) : null,
            bytes.AsMemory((int)headerLength));
        frame = new ServerFrame(FrameKind.Message, SubscriptionId: sid, Message: message);
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private static int Split(ReadOnlySpan<byte> line, Span<Range> parts)
    {
        var count = 0;
        for (var at = 0; at < line.Length && count < parts.Length;)
        {
            var blanks = line[at..].IndexOfAnyExcept((byte)' ', (byte)'\t');
            if (blanks < 0) break;
            at += blanks;
            var length = line[at..].IndexOfAny((byte)' ', (byte)'\t');
            var end = length < 0 ? line.Length : at + length;
            parts[count++] = at..end;
            at = end;
        }

        return count;
    }

    private static long Number(ReadOnlySpan<byte> digits, long max)
    {
        if (!digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(digits, out long number, out _)
            && number <= max)
            return number;
        throw new NatsProtocolException($"The server sent a number that is not between 0 and {max}.");
    }

    private static bool Is(ReadOnlySpan<byte> operation, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(operation, name);

    private static NatsProtocolException TooLong() =>
        new($"The server sent a line of more than {MaxLine} bytes.");
}
