using System.Text;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Bytes that any client may put, and what the dead letter says of them.</summary>
/// <param name="Name">Its id, too.</param>
/// <param name="Body">The bytes.</param>
/// <param name="Reason">A part of the dead letter's error.</param>
/// <param name="Metadata">What stands beside the bytes.</param>
internal sealed record BadMessage(string Name, byte[] Body, string Reason, params (string Name, string Value)[] Metadata)
{
    private const string Good = """{"number": 1}""";

    /// <param name="limit">Bytes of the largest message that the broker takes.</param>
    public static IReadOnlyList<BadMessage> Corpus(int limit) =>
    [
        new("nothing", [], "the message is empty"),
        Text("blanks", " \n", "no valid JSON"),
        new("a zero byte", [0], "no valid JSON"),
        new("noise", Noise(), "no valid JSON"),
        new("a pickle", [0x80, 4, 0x95, 3, 0, 0, 0, 0, 0, 0, 0, (byte)'}', 0x94, (byte)'.'], "no valid JSON", ("format", "pickle")),
        new("invalid UTF-8", [.. "{\"number\": \""u8, 0xff, 0xfe, .. "\"}"u8], "UTF-8"),
        new("UTF-16", Encoding.Unicode.GetBytes(Good), "no valid JSON"),
        Text("half an object", """{"number": 1""", "no valid JSON"),
        Text("two objects", Good + Good, "no valid JSON"),
        Text("a list", "[1, 2]", "must be a JSON object"),
        Text("a number", "7", "must be a JSON object"),
        Text("null", "null", "must be a JSON object"),
        Text("deep nesting", $$"""{"number": {{new string('[', 100_000)}}""", "no valid JSON"),
        Text("deep arguments", $$"""{"number": {{new string('[', 60)}}{{new string(']', 60)}}}""", "argument 'number' must be int"),
        Text("a wrong type", """{"number": "seven"}""", "argument 'number' must be int"),
        Text("too large a number", """{"number": 99999999999999999999}""", "argument 'number' must be"),
        Text("no argument", "{}", "number"),
        Text("an unknown argument", """{"number": 1, "colour": "red"}""", "colour"),
        Text("an over-long argument", $$"""{"number": "{{new string('x', limit / 2)}}"}""", "argument 'number' must be int"),
        new("all that the broker takes", Encoding.ASCII.GetBytes(new string('x', limit)), "no valid JSON"),
        Text("an unknown endpoint", Good, "no endpoint /nowhere", ("endpoint", "/nowhere")),
        Text("an endpoint that is none", Good, "no endpoint", ("endpoint", $"../{new string('%', 2000)}")),
        Text("too late", Good, "deadline", ("deadline", "2001-01-01T00:00:00Z")),
    ];

    private static BadMessage Text(string name, string body, string reason, params (string Name, string Value)[] metadata) =>
        new(name, Encoding.UTF8.GetBytes(body), reason, metadata);

    private static byte[] Noise()
    {
        var noise = new byte[100_000];
        new Random(7907).NextBytes(noise);
        return noise;
    }
}
