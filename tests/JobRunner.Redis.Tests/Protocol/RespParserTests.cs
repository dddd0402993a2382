using System.Buffers;
using System.Globalization;
using System.Text;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

public sealed class RespParserTests
{
    [Theory]
    [InlineData("+OK\r\n", "+OK")]
    [InlineData("+\r\n", "+")]
    [InlineData("-ERR no such thing\r\n", "-ERR no such thing")]
    [InlineData(":42\r\n", ":42")]
    [InlineData(":+42\r\n", ":42")]
    [InlineData(":-9223372036854775808\r\n", ":-9223372036854775808")]
    [InlineData("$5\r\nhe\r\no\r\n", "$he\r\no")]
    [InlineData("$0\r\n\r\n", "$")]
    [InlineData("$-1\r\n", "null")]
    [InlineData("*-1\r\n", "null")]
    [InlineData("_\r\n", "null")]
    [InlineData("#t\r\n", "#1")]
    [InlineData("#f\r\n", "#0")]
    [InlineData(",3.25\r\n", ",3.25")]
    [InlineData(",inf\r\n", ",inf")]
    [InlineData("(3492890328409238509324850943850943825024385\r\n", "(3492890328409238509324850943850943825024385")]
    [InlineData("!11\r\nERR is long\r\n", "-ERR is long")]
    [InlineData("=8\r\ntxt:text\r\n", "=text")]
    [InlineData("*0\r\n", "*[]")]
    [InlineData("*3\r\n:1\r\n$1\r\na\r\n*2\r\n+x\r\n_\r\n", "*[:1 $a *[+x null]]")]
    [InlineData("%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n", "%[+a :1 +b *[:2]]")]
    [InlineData("~2\r\n+a\r\n+b\r\n", "~[+a +b]")]
    [InlineData(">2\r\n+invalidate\r\n_\r\n", ">[+invalidate null]")]
    [InlineData("|1\r\n+ttl\r\n:3600\r\n*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", "*[:1 :2]")]
    public void Every_type_is_read_however_the_bytes_are_split(string bytes, string expected)
    {
        var whole = Encoding.UTF8.GetBytes(bytes);

        RespText.Of(Parse([whole]).ShouldHaveSingleItem()).ShouldBe(expected);
        for (var split = 1; split < whole.Length; split++)
            RespText.Of(Parse([whole[..split], whole[split..]]).ShouldHaveSingleItem()).ShouldBe(expected);
        RespText.Of(Parse([.. whole.Select(single => new[] { single })]).ShouldHaveSingleItem()).ShouldBe(expected);
    }

    [Fact]
    public void Replies_that_come_together_are_told_apart() =>
        Parse(["+a\r\n:1\r\n*1\r\n$1\r\nb\r\n"u8.ToArray()]).Select(RespText.Of).ShouldBe(["+a", ":1", "*[$b]"]);

    [Theory]
    [InlineData("\r\n")]
    [InlineData("?3\r\n")]
    [InlineData("+OK\n")]
    [InlineData(":\r\n")]
    [InlineData(":1x\r\n")]
    [InlineData(":+-1\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$2\r\nabc\r\n")]
    [InlineData("$600000000\r\n")]
    [InlineData("$?\r\n")]
    [InlineData("*-2\r\n")]
    [InlineData("*99999999999\r\n")]
    [InlineData("#x\r\n")]
    [InlineData("_x\r\n")]
    public void What_is_not_RESP_is_refused(string bytes) =>
        Should.Throw<RespProtocolException>(() => Parse([Encoding.UTF8.GetBytes(bytes)]));

    [Fact]
    public void Announced_sizes_take_no_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Parse(["$500000000\r\n"u8.ToArray()]).ShouldBeEmpty();
        Parse(["*1000000000\r\n*1000000000\r\n%1000000000\r\n"u8.ToArray()]).ShouldBeEmpty();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    [Fact]
    public void A_reply_nested_without_end_is_refused()
    {
        var nested = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("*1\r\n", 1000)));

        Should.Throw<RespProtocolException>(() => Parse([nested])).Message.ShouldContain("deeper than 64");
    }

    [Fact]
    public void A_line_without_end_is_refused()
    {
        var line = Encoding.UTF8.GetBytes("+" + new string('x', 70_000));

        Should.Throw<RespProtocolException>(() => Parse([line])).Message.ShouldContain("a line of more than 65536 bytes");
    }

    [Fact]
    public void A_reply_larger_than_the_limit_is_refused_while_it_comes()
    {
        var elements = Encoding.UTF8.GetBytes("*1000000\r\n" + string.Concat(Enumerable.Repeat("*0\r\n", 10_000)));

        Should.Throw<RespProtocolException>(() => Parse([elements], new RespLimits { Reply = 100_000 }))
            .Message.ShouldContain("more than 100000 bytes");
    }

    [Fact]
    public void A_limit_holds_for_each_reply_and_not_for_their_sum()
    {
        var replies = Enumerable.Repeat("$600\r\n"u8.ToArray().Concat(new byte[600]).Concat("\r\n"u8.ToArray()).ToArray(), 100);

        Parse([.. replies], new RespLimits { Reply = 1000 }).Count.ShouldBe(100);
    }

    [Fact]
    public void A_long_string_is_read_from_many_portions()
    {
        var content = new byte[1_000_000];
        Random.Shared.NextBytes(content);
        var bytes = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${content.Length}\r\n"))
            .Concat(content).Concat("\r\n"u8.ToArray());

        var value = Parse([.. bytes.Chunk(1460)]).ShouldHaveSingleItem();

        value.Bytes.Span.SequenceEqual(content).ShouldBeTrue();
    }

    private static List<RespValue> Parse(IReadOnlyList<byte[]> portions, RespLimits? limits = null) =>
        RespPortions.Parse(portions, limits ?? new RespLimits());
}
