using System.Text;
using FsCheck;
using FsCheck.Fluent;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Tests.Protocol;

public sealed class FrameFuzzTests
{
    private static readonly byte[] Sample = Encoding.UTF8.GetBytes(
        "INFO {\"server_id\":\"X\",\"max_payload\":1048576,\"headers\":true,\"connect_urls\":[\"10.0.0.1:4222\"]}\r\nPING\r\nPONG\r\n+OK\r\n" +
        "MSG orders.new 3 12\r\nhello, world\r\nMSG orders.new 3 _INBOX.a.1 0\r\n\r\n" +
        "HMSG a.b 4 $JS.ACK.S.C.1.2.3.4.5 36 41\r\nNATS/1.0 100 Idle\r\nName: value12\r\n\r\nhello\r\n-ERR 'Unknown'\r\n");

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void Any_bytes_are_frames_or_a_protocol_error()
    {
        var bytes = ArbMap.Default.GeneratorFor<byte[]>().Where(value => value is not null);
        Check.One(Runs, Prop.ForAll(bytes.Zip(Gen.Choose(1, 64)).ToArbitrary(), pair => Survives(pair.Item1, pair.Item2)));
    }

    [Fact]
    public void Mutated_sessions_are_frames_or_a_protocol_error()
    {
        var edits = Gen.Choose(0, Sample.Length - 1).Zip(Gen.Choose(0, 255)).NonEmptyListOf();
        Check.One(Runs, Prop.ForAll(edits.Zip(Gen.Choose(1, 64)).ToArbitrary(), pair => Survives(Mutate(pair.Item1), pair.Item2)));
    }

    [Fact]
    public void Digits_that_are_changed_are_frames_or_a_protocol_error()
    {
        var digits = Enumerable.Range(0, Sample.Length).Where(at => char.IsAsciiDigit((char)Sample[at])).ToArray();
        var edits = Gen.Elements(digits).Zip(Gen.Elements((int)'0', '9', '-', ' ', '.')).NonEmptyListOf();
        Check.One(Runs, Prop.ForAll(edits.ToArbitrary(), list => Survives(Mutate(list), Sample.Length)));
    }

    [Fact]
    public void Every_cut_waits_for_more()
    {
        var frames = FrameParserTests.Read(Sample, Sample.Length);
        for (var length = 0; length < Sample.Length; length++)
            FrameParserTests.Read(Sample[..length], Sample.Length).Count.ShouldBeLessThan(frames.Count);
        frames.Count.ShouldBe(8);
    }

    [Fact]
    public void Any_headers_are_read_and_what_is_written_comes_back()
    {
        var bytes = ArbMap.Default.GeneratorFor<byte[]>().Where(value => value is not null);
        Check.One(Runs, Prop.ForAll(bytes.ToArbitrary(), value => NatsHeaders.Parse(value) is not null));

        var values = ArbMap.Default.GeneratorFor<NonNull<string>>().Select(value => value.Get)
            .Where(value => !value.AsSpan().ContainsAny('\r', '\n') && IsText(value));
        Check.One(Runs, Prop.ForAll(values.ListOf().ToArbitrary(), list =>
        {
            var headers = new NatsHeaders();
            foreach (var value in list)
                headers.Add("Name", value);
            return NatsHeaders.Parse(headers.ToBytes()).Values("Name").SequenceEqual(list.Select(value => value.Trim(' ')));
        }));
    }

    private static bool IsText(string value) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value)) == value;

    private static bool Survives(byte[] bytes, int piece)
    {
        try
        {
            var frames = FrameParserTests.Read(bytes, piece);
            return frames.Sum(frame => frame.Message?.Payload.Length ?? 0) <= bytes.Length;
        }
        catch (NatsProtocolException)
        {
            return true;
        }
    }

    private static byte[] Mutate(IEnumerable<(int At, int Value)> edits)
    {
        var bytes = (byte[])Sample.Clone();
        foreach (var (at, value) in edits)
            bytes[at] = (byte)value;
        return bytes;
    }
}
