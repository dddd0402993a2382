using System.Globalization;
using System.Text;

namespace JobRunner.Tests.Http;

/// <summary>Makes broken requests of good ones; the same seed makes the same requests.</summary>
internal sealed class RequestMutator(int seed)
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-0", "7", "-1", "7.5", "1e400", "-1e400", "1e-400", "9223372036854775808", "1E+2", "\"NaN\"", "\"Infinity\"", "\"\"", "\"7\"",
        "\"\\ud800\"", "\"\\u0000\"", "\"2026-01-01\"", "\"Red\"", "[]", "{}", "[null]", "[[]]", "[[[1]]]", "{\"x\":1}", "{\"kind\":\"circle\"}", "{\"kind\":1}", "{\"$type\":\"x\"}",
        "{\"item1\":null}", "[1,[2]]", "NaN", "'a'", "\"\uFFFF\"", "\"é\u2028\"", "{\"a\":{\"a\":{\"a\":{}}}}", new string('[', 70), "\"" + new string('x', 3000) + "\"", new string('9', 400),
    ];

    private static readonly string[] Names =
        ["value", "VALUE", "va_lue", "val\\u0075e", "Value", "", " ", "other", "first_name", "firstName", "known", "number", "text", "$id", "__proto__", "\\ud800", "full_name"];

    private static readonly string[] Headers =
    [
        "Content-Type: text/plain", "Content-Type: application/json; charset=latin1", "Content-Type: multipart/form-data", "Content-Type: multipart/form-data; boundary=b",
        "Content-Type: ;;;", "Content-Encoding: gzip", "Accept: text/event-stream", "Accept: */*;q=x", "Accept-Encoding: gzip, br;q=9", "X-Request-Timeout: x", "X-Request-Timeout: 1e9",
        "X-Request-Timeout: 99999999999999999999", "X-Request-Tracing-Id: \u0001\u0002\t", "X-Caller-Name: é\u00ff", "traceparent: 00-x", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "Origin: null", "Range: bytes=5-1", "If-Modified-Since: never", "X-Mood: ;", "Expect: 100-continue", "Connection: upgrade", "Upgrade: h2c", "Host: ", "X-Forwarded-For: ::::",
    ];

    private static readonly string[] Methods = ["GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "POST", "BREW"];

    private readonly Random _random = new(seed);

    public bool OneIn(int count) => _random.Next(count) == 0;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    public byte[] Body(string good)
    {
        var text = _random.Next(6) switch
        {
            0 => $"{{\"{Pick(Names)}\":{Pick(Values)}}}",
            1 => $"{{\"{Pick(Names)}\":{Pick(Values)},\"{Pick(Names)}\":{Pick(Values)}}}",
            2 => good.Replace(":", $":{Pick(Values)},\"{Pick(Names)}\":", StringComparison.Ordinal),
            3 => Pick(Values),
            _ => good,
        };
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var count = _random.Next(4); count > 0 && bytes.Length > 0; count--)
            bytes = MutateBytes(bytes);
        return bytes;
    }

    public string Path(string good) => _random.Next(12) switch
    {
        0 => good + "/",
        1 => "/pub/job/a/b" + good,
        2 => "/pub/fatman/%2e%2e/%00" + good,
        3 => good + "?" + string.Join('&', Enumerable.Repeat($"{Pick(Names)}={Uri.EscapeDataString(Pick(Values))}", _random.Next(50))),
        4 => good.Replace("/", "//", StringComparison.Ordinal),
        5 => good.Insert(_random.Next(good.Length), Pick(["%", "%zz", "%2f", "..", "/../", "%c0%ae", "\\", ";", "{x}", "*", "%F0%9F%98%80"])),
        6 => good + "?" + new string('x', _random.Next(9000)),
        7 => good[.._random.Next(1, good.Length)],
        _ => good,
    };

    public byte[] Raw(string path, string goodBody)
    {
        var body = Body(goodBody);
        var request = new StringBuilder();
        request.Append(CultureInfo.InvariantCulture, $"{(OneIn(4) ? Pick(Methods) : "POST")} {Path(path)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
        if (!OneIn(4))
            request.Append("Content-Type: application/json\r\n");
        for (var count = _random.Next(3); count > 0; count--)
            request.Append(Pick(Headers)).Append("\r\n");
        request.Append(_random.Next(5) switch
        {
            0 => $"Content-Length: {_random.Next(-2, body.Length + 20)}\r\n\r\n",
            1 => $"Transfer-Encoding: chunked\r\n\r\n{body.Length + _random.Next(2):x}\r\n",
            2 => "\r\n",
            _ => $"Content-Length: {body.Length}\r\n\r\n",
        });
        var bytes = (byte[])[.. Encoding.Latin1.GetBytes(request.ToString()), .. body, .. "\r\n0\r\n\r\n"u8];
        return OneIn(2) ? MutateBytes(bytes) : bytes;
    }

    private byte[] MutateBytes(byte[] bytes)
    {
        var at = _random.Next(bytes.Length);
        switch (_random.Next(5))
        {
            case 0:
                bytes[at] = (byte)_random.Next(256);
                return bytes;
            case 1:
                return [.. bytes[..at], .. bytes[Math.Min(at + 1, bytes.Length)..]];
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. Encoding.UTF8.GetBytes(Pick(Values)), .. bytes[at..]];
            default:
                return [.. bytes[..at], .. bytes[at..], .. bytes[at..]];
        }
    }
}
