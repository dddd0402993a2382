using System.Buffers;
using System.Text;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Tests.Protocol;

public sealed class FrameParserTests
{
    [Fact]
    public void A_message_has_its_subject_subscription_reply_and_payload()
    {
        var frame = Read("MSG orders.new 7 reply.to 5\r\nhello\r\n").ShouldHaveSingleItem();
        frame.Kind.ShouldBe(FrameKind.Message);
        frame.SubscriptionId.ShouldBe(7);
        frame.Message!.Subject.ShouldBe("orders.new");
        frame.Message.ReplyTo.ShouldBe("reply.to");
        frame.Message.Headers.ShouldBeNull();
        Encoding.UTF8.GetString(frame.Message.Payload.Span).ShouldBe("hello");
    }

    [Fact]
    public void A_message_without_reply_and_payload_is_one()
    {
        var message = Read("MSG a 1 0\r\n\r\n").ShouldHaveSingleItem().Message!;
        message.ReplyTo.ShouldBeNull();
        message.Payload.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Headers_may_occur_several_times()
    {
        const string headers = "NATS/1.0\r\nA: 1\r\nB:2\r\nA: drei \r\n\r\n";
        var message = Read($"HMSG a 1 {headers.Length} {headers.Length + 2}\r\n{headers}ok\r\n").ShouldHaveSingleItem().Message!;
        message.Headers!["A"].ShouldBe("1");
        message.Headers.Values("A").ShouldBe(["1", "drei"]);
        message.Headers["B"].ShouldBe("2");
        message.Headers["a"].ShouldBeNull();
        message.Status.ShouldBe(0);
        Encoding.UTF8.GetString(message.Payload.Span).ShouldBe("ok");
    }

    [Theory]
    [InlineData("NATS/1.0 503\r\n\r\n", 503, "")]
    [InlineData("NATS/1.0 404 No Messages\r\n\r\n", 404, "No Messages")]
    [InlineData("NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 3\r\n\r\n", 100, "Idle Heartbeat")]
    [InlineData("NATS/1.0 99999 odd\r\n\r\n", 0, "")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", 0, "")]
    public void A_status_line_is_read(string headers, int status, string description)
    {
        var message = Read($"HMSG a 1 {headers.Length} {headers.Length}\r\n{headers}\r\n").ShouldHaveSingleItem().Message!;
        message.Status.ShouldBe(status);
        message.Headers!.Description.ShouldBe(description);
    }

    [Fact]
    public void Everything_else_is_one_line()
    {
        var frames = Read("PING\r\nping\r\nPONG\r\n+OK\r\n-ERR 'Stale Connection'\r\nINFO {\"max_payload\":77,\"version\":\"2.9\"}\r\n");
        frames.Select(frame => frame.Kind).ShouldBe(
            [FrameKind.Ping, FrameKind.Ping, FrameKind.Pong, FrameKind.Ok, FrameKind.Error, FrameKind.Info]);
        frames[4].Error.ShouldBe("Stale Connection");
        frames[5].Info!.MaxPayload.ShouldBe(77);
        frames[5].Info!.Version.ShouldBe("2.9");
    }

    [Fact]
    public void Bytes_may_be_split_anywhere()
    {
        const string headers = "NATS/1.0\r\nA: 1\r\n\r\n";
        var text = $"PING\r\nMSG a.b 12 5\r\nhe\r\no\r\nHMSG a 1 r {headers.Length} {headers.Length + 3}\r\n{headers}abc\r\n+OK\r\n";
        var whole = Describe(Read(text));
        whole.Length.ShouldBe(4);
        for (var size = 1; size < text.Length; size++)
            Describe(Read(text, size)).ShouldBe(whole, $"in pieces of {size}");
    }

    [Theory]
    [InlineData("MSG a 1 99999999999999999999\r\n")]
    [InlineData("MSG a 1 -1\r\n")]
    [InlineData("MSG a 1 +1\r\n")]
    [InlineData("MSG a 1 67108865\r\n")]
    [InlineData("MSG a x 1\r\n")]
    [InlineData("MSG a 1\r\n")]
    [InlineData("MSG a 1 b c d 1\r\n")]
    [InlineData("MSG\r\n")]
    [InlineData("HMSG a 1 9 4\r\n")]
    [InlineData("HMSG a 1 4\r\n")]
    [InlineData("MSG a 1 2\r\nabcd\r\n")]
    [InlineData("NONSENSE\r\n")]
    [InlineData("\r\n")]
    [InlineData("INFO nothing\r\n")]
    [InlineData("INFO null\r\n")]
    [InlineData("INFO {\"max_payload\":\"many\"}\r\n")]
    public void What_is_not_the_protocol_ends_the_connection(string text) =>
        Should.Throw<NatsProtocolException>(() => Read(text));

    [Fact]
    public void A_line_without_end_is_not_kept_for_ever()
    {
        Should.Throw<NatsProtocolException>(() => Read(new string('x', FrameParser.MaxLine + 1)));
        Should.Throw<NatsProtocolException>(() => Read("INFO " + new string(' ', FrameParser.MaxLine) + "\r\n"));
    }

    [Fact]
    public void A_great_length_allocates_nothing_before_its_bytes_come()
    {
        var start = GC.GetAllocatedBytesForCurrentThread();
        Read($"MSG a 1 {FrameParser.MaxMessage}\r\nfew").ShouldBeEmpty();
        (GC.GetAllocatedBytesForCurrentThread() - start).ShouldBeLessThan(1 << 20);
    }

    internal static List<ServerFrame> Read(string text, int piece = int.MaxValue) =>
        Read(Encoding.UTF8.GetBytes(text), piece);

    /// <summary>Feeds the bytes in pieces, each in a segment of its own, as a connection would.</summary>
    internal static List<ServerFrame> Read(byte[] bytes, int piece)
    {
        var frames = new List<ServerFrame>();
        var unread = new List<byte[]>();
        for (var at = 0; at < bytes.Length; at += Math.Min(piece, bytes.Length))
        {
            unread.Add(bytes[at..Math.Min(bytes.Length, (int)Math.Min((long)at + piece, int.MaxValue))]);
            var buffer = Segments.Of(unread);
            while (FrameParser.TryRead(ref buffer, out var frame))
                frames.Add(frame);
            unread = buffer.IsEmpty ? [] : [.. SegmentsOf(buffer)];
        }

        return frames;
    }

    internal static string[] Describe(IEnumerable<ServerFrame> frames) =>
    [
        .. frames.Select(frame => $"{frame.Kind} {frame.SubscriptionId} {frame.Error} {frame.Message?.Subject} " +
            $"{frame.Message?.ReplyTo} {frame.Message?.Headers?["A"]} {(frame.Message is { } message ? Convert.ToHexString(message.Payload.Span) : "")}"),
    ];

    private static IEnumerable<byte[]> SegmentsOf(ReadOnlySequence<byte> buffer)
    {
        foreach (var segment in buffer)
        {
            if (!segment.IsEmpty) yield return segment.ToArray();
        }
    }
}

internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Of(IReadOnlyList<byte[]> parts)
    {
        if (parts.Count == 0) return ReadOnlySequence<byte>.Empty;
        var first = new Segments { Memory = parts[0] };
        var last = first;
        foreach (var part in parts.Skip(1))
        {
            var next = new Segments { Memory = part, RunningIndex = last.RunningIndex + last.Memory.Length };
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
