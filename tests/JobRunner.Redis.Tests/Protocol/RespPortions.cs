using System.Buffers;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

/// <summary>Gives a parser bytes as a socket would: what it leaves stands before what comes next, in a segment of its
/// own.</summary>
internal static class RespPortions
{
    public static List<RespValue> Parse(IReadOnlyList<byte[]> portions, RespLimits limits)
    {
        var parser = new RespParser(limits);
        var replies = new List<RespValue>();
        byte[] left = [];
        foreach (var portion in portions)
        {
            var buffer = Join(left, portion);
            while (parser.TryParse(ref buffer, out var reply)) replies.Add(reply);
            left = buffer.ToArray();
        }

        return replies;
    }

    private static ReadOnlySequence<byte> Join(byte[] first, byte[] second)
    {
        var start = new Segment(first, 0);
        var end = new Segment(second, first.Length);
        start.Follow(end);
        return new ReadOnlySequence<byte>(start, 0, end, second.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long index)
        {
            Memory = bytes;
            RunningIndex = index;
        }

        public void Follow(Segment next) => Next = next;
    }
}
