using FsCheck;
using FsCheck.Fluent;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

/// <summary>What holds for every input: replies survive any split, and no bytes do worse than being refused.</summary>
public sealed class RespFuzzTests
{
    private const int Cases = 2000;

    private static readonly RespLimits Small = new() { Bulk = 4096, Line = 256, Reply = 64 * 1024, Depth = 16 };

    private static readonly Gen<RespValue> Scalars = Gen.OneOf(
        Gen.Constant(RespValue.Null),
        ArbMap.Default.GeneratorFor<long>().Select(number => RespValue.Of(RespKind.Integer, number)),
        ArbMap.Default.GeneratorFor<bool>().Select(flag => RespValue.Of(RespKind.Boolean, flag ? 1 : 0)),
        ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => RespValue.Of(RespKind.BulkString, bytes ?? [])),
        Gen.Choose('a', 'z').ArrayOf().Select(letters => RespValue.Of(RespKind.Error, [.. letters.Select(letter => (byte)letter)])),
        Gen.Choose('a', 'z').ArrayOf().Select(letters => RespValue.Of(RespKind.SimpleString, [.. letters.Select(letter => (byte)letter)])));

    private static readonly Arbitrary<(RespValue[] Replies, int[] Splits)> Streams = Arb.From(
        from replies in Gen.Sized(size => Values(Math.Min(size, 12)).ArrayOf(4))
        from splits in Gen.Choose(1, 40).NonEmptyListOf()
        select (replies, splits.ToArray()));

    private static readonly Arbitrary<byte[]> Mutated = Arb.From(
        from replies in Values(8).ArrayOf(3)
        from changes in Gen.Choose(0, int.MaxValue - 1).Two().ArrayOf(6)
        select Mutate([.. replies.SelectMany(RespText.Write)], changes));

    [Fact]
    public void Replies_come_out_as_they_went_in_whatever_the_portions() =>
        Run(Prop.ForAll(Streams, stream =>
        {
            var bytes = stream.Replies.SelectMany(RespText.Write).ToArray();
            var parsed = RespPortions.Parse(Cut(bytes, stream.Splits), new RespLimits());
            return parsed.Select(RespText.Of).SequenceEqual(stream.Replies.Select(RespText.Of));
        }));

    [Fact]
    public void Arbitrary_bytes_are_read_or_refused() =>
        Run(Prop.ForAll<byte[]>(bytes => IsReadOrRefused(bytes ?? [])));

    [Fact]
    public void Mutated_replies_are_read_or_refused() => Run(Prop.ForAll(Mutated, IsReadOrRefused));

    [Fact]
    public void Mutated_replies_take_no_more_memory_than_their_bytes_can_explain() =>
        Run(Prop.ForAll(Mutated, bytes =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            IsReadOrRefused(bytes);
            return GC.GetAllocatedBytesForCurrentThread() - before < 400_000 + 1000L * bytes.Length;
        }));

    // The same bytes must mean the same in one piece and one by one, refusals included.
    private static bool IsReadOrRefused(byte[] bytes) =>
        Outcome([bytes]) == Outcome([.. bytes.Select(single => new[] { single })]);

    private static string Outcome(IReadOnlyList<byte[]> portions)
    {
        try
        {
            return string.Join(' ', RespPortions.Parse(portions, Small).Select(RespText.Of));
        }
        catch (RespProtocolException)
        {
            return "refused";
        }
    }

    private static Gen<RespValue> Values(int size) => size <= 1
        ? Scalars
        : Gen.OneOf(
            Scalars,
            from kind in Gen.Elements(RespKind.Array, RespKind.Set, RespKind.Push)
            from count in Gen.Choose(0, 4)
            from items in Values(size / 3).ArrayOf(count)
            select RespValue.Of(kind, items),
            from count in Gen.Choose(0, 3)
            from items in Values(size / 3).ArrayOf(2 * count)
            select RespValue.Of(RespKind.Map, items));

    private static IReadOnlyList<byte[]> Cut(byte[] bytes, int[] splits)
    {
        var portions = new List<byte[]>();
        for (int start = 0, turn = 0; start < bytes.Length; turn++)
        {
            var length = Math.Min(splits[turn % splits.Length], bytes.Length - start);
            portions.Add(bytes[start..(start + length)]);
            start += length;
        }

        return portions;
    }

    private static byte[] Mutate(byte[] bytes, (int Where, int What)[] changes)
    {
        var tokens = "\r\n*$%:-9|>~=!#_"u8;
        var mutated = bytes.ToList();
        foreach (var (where, what) in changes)
        {
            if (mutated.Count == 0) break;
            var at = where % mutated.Count;
            var token = tokens[what / 4 % tokens.Length];
            if (what % 4 == 0) mutated.RemoveAt(at);
            else if (what % 4 == 1) mutated.Insert(at, token);
            else if (what % 4 == 2) mutated[at] = token;
            else mutated[at] = (byte)(what / 4);
        }

        return [.. mutated];
    }

    private static void Run(Property property) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), property);
}
