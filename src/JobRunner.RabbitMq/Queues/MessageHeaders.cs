using System.Globalization;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Values of headers, whatever type a client gave them.</summary>
internal static class MessageHeaders
{
    public static string? Text(IDictionary<string, object?>? headers, string name) =>
        headers is not null && headers.TryGetValue(name, out var value) ? Text(value) : null;

    public static DateTimeOffset? Time(IDictionary<string, object?>? headers, string name) => ParseTime(Text(headers, name));

    public static long? Number(IDictionary<string, object?>? headers, string name) =>
        long.TryParse(Text(headers, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    public static DateTimeOffset? ParseTime(string? text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
        ? time
        : null;

    public static DateTimeOffset? Time(AmqpTimestamp timestamp) =>
        timestamp.UnixTime is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(timestamp.UnixTime) : null;

    public static string? Text(object? value) => value switch
    {
        null => null,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        string text => text,
        bool flag => flag ? "true" : "false",
        AmqpTimestamp timestamp => Time(timestamp) is { } time ? Text(time) : null,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => JsonSerializer.Serialize(Plain(value)),
    };

    private static object? Plain(object? value) => value switch
    {
        IDictionary<string, object?> table => table.ToDictionary(pair => pair.Key, pair => Plain(pair.Value), StringComparer.Ordinal),
        IEnumerable<object?> list => list.Select(Plain).ToList(),
        _ => Text(value),
    };
}
