using System.Buffers;

namespace JobRunner.Redis.Protocol;

/// <summary>A string whose bytes are still coming; it grows with what has come.</summary>
internal sealed class RespBulk(RespKind kind, int length)
{
    private const int FirstCapacity = 32 * 1024;

    private byte[] _bytes = new byte[Math.Min(length, FirstCapacity)];
    private int _filled;

    /// <summary>Takes bytes off the buffer.</summary>
    /// <param name="buffer">What has come.</param>
    /// <param name="hold">Told of every byte that is kept.</param>
    /// <returns>Whether the string and its end of line are complete.</returns>
    public bool Fill(ref ReadOnlySequence<byte> buffer, Action<int> hold)
    {
        var take = (int)Math.Min(buffer.Length, length - _filled);
        if (take > 0)
        {
            hold(take);
            Reserve(_filled + take);
            buffer.Slice(0, take).CopyTo(_bytes.AsSpan(_filled));
            _filled += take;
            buffer = buffer.Slice(take);
        }

        if (_filled < length || buffer.Length < 2) return false;
        Span<byte> end = stackalloc byte[2];
        buffer.Slice(0, 2).CopyTo(end);
        if (!end.SequenceEqual("\r\n"u8))
            throw new RespProtocolException("Redis sent a string that is longer than announced.");
        buffer = buffer.Slice(2);
        return true;
    }

    public RespValue ToValue()
    {
        // A verbatim string begins with its format: three letters and a colon.
        if (kind == RespKind.VerbatimString && _bytes.Length >= 4 && _bytes[3] == ':')
            return RespValue.Of(kind, _bytes[4..]);
        return RespValue.Of(kind, _bytes);
    }

    private void Reserve(int needed)
    {
        if (needed <= _bytes.Length) return;
        var doubled = Math.Min(length, 2L * _bytes.Length);
        Array.Resize(ref _bytes, (int)Math.Max(needed, doubled));
    }
}
