using System.Text.RegularExpressions;

namespace JobRunner.Manifest;

/// <summary>Reads a node as a typed value, or throws the error that names place, value and rule.</summary>
internal delegate T Kind<out T>(ManifestNode node, Place at);

/// <summary>The types that keys have. Each states its rule in the words that end up in the error.</summary>
internal static partial class Kinds
{
    /// <summary>Any scalar as it is written: <c>version: 1.10</c> is the text 1.10.</summary>
    public static Kind<string> Text { get; } = TextThat("text that is not empty", text => text.Length > 0);

    public static Kind<string> Path { get; } = TextThat(
        "a path that begins with /", text => text.StartsWith('/') && !text.Any(char.IsControl));

    public static Kind<string> VariableName { get; } = TextThat(
        "a variable's name, without = and control characters",
        text => text.Length > 0 && !text.Contains('=', StringComparison.Ordinal) && !text.Any(char.IsControl));

    public static Kind<string> Origin { get; } = TextThat(
        "\"*\" or an origin such as https://example.org",
        text => text is "*" || OriginPattern().IsMatch(text));

    public static Kind<bool> Flag { get; } = (node, at) =>
        node is ScalarNode scalar && PlainScalar.Flag(scalar) is { } flag ? flag : throw at.Wrong(node, "true or false");

    public static Kind<double> Positive { get; } = (node, at) =>
        node is ScalarNode scalar && PlainScalar.Number(scalar) is > 0 and var number
            ? number
            : throw at.Wrong(node, "a number above 0");

    /// <summary>Zero up to a hundred years.</summary>
    public static Kind<TimeSpan> Period { get; } = DurationWithin(TimeSpan.Zero, Duration.Longest, Duration.Form);

    /// <summary>What a timer waits for; zero where the key gives it a meaning.</summary>
    public static Kind<TimeSpan> Wait { get; } =
        DurationWithin(TimeSpan.Zero, Duration.LongestTimer, $"{Duration.Form}, up to 49d");

    public static Kind<TimeSpan> PositiveWait { get; } = DurationWithin(
        TimeSpan.FromMilliseconds(1), Duration.LongestTimer, $"{Duration.Form}, from 1ms to 49d");

    public static Kind<long> Size { get; } = (node, at) =>
        node is ScalarNode scalar && ByteSize.TryParse(scalar.Text, out var size) && size > 0
            ? size
            : throw at.Wrong(node, $"{ByteSize.Form}, above 0");

    public static Kind<QueueUrl> Url { get; } = (node, at) => UrlThat(node, at, _ => null);

    /// <summary>The URL of a store of task records, which takes no query.</summary>
    public static Kind<QueueUrl> StoreUrl { get; } = (node, at) => UrlThat(node, at, url =>
        url.Scheme is "amqp" or "amqps" ? "sqlite:PATH, redis://…, nats://… or memory:, since RabbitMQ keeps no records"
        : url.Parameters.Count > 0 ? "a URL without a query"
        : null);

    public static Kind<string> TextThat(string rule, Func<string, bool> holds) => (node, at) =>
        node is ScalarNode { IsNull: false } scalar && !scalar.Text.Contains('\0', StringComparison.Ordinal) && holds(scalar.Text)
            ? scalar.Text
            : throw at.Wrong(node, rule);

    public static Kind<int> Whole(int least)
    {
        var rule = $"a whole number from {least} to {int.MaxValue}";
        return (node, at) =>
            node is ScalarNode scalar && PlainScalar.Whole(scalar) is { } value && value >= least && value <= int.MaxValue
                ? (int)value
                : throw at.Wrong(node, rule);
    }

    public static Kind<T> OneOf<T>(params (string Name, T Value)[] choices)
    {
        var rule = "one of " + string.Join(", ", choices.Select(choice => choice.Name));
        return (node, at) =>
        {
            foreach (var (name, value) in choices)
            {
                if (node is ScalarNode scalar && string.Equals(scalar.Text, name, StringComparison.OrdinalIgnoreCase))
                    return value;
            }

            throw at.Wrong(node, rule);
        };
    }

    public static Kind<string> OneOf(params string[] names) => OneOf(names.Select(name => (name, name)).ToArray());

    public static Kind<IReadOnlyList<T>> ListOf<T>(Kind<T> item) => (node, at) =>
        node is ListNode list
            ? Array.AsReadOnly(list.Items.Select((child, index) => item(child, at.Item(index))).ToArray())
            : throw at.Wrong(node, "a list");

    public static Kind<IReadOnlyDictionary<string, T>> MapOf<T>(Kind<string> key, Kind<T> value) => (node, at) =>
        node is MapNode map
            ? map.Entries
                .ToDictionary(
                    entry => key(entry.Key, at),
                    entry => value(entry.Value, at.Of(entry.Key.Written)),
                    StringComparer.Ordinal)
                .AsReadOnly()
            : throw at.Wrong(node, "a mapping");

    /// <summary>Environment variables: every scalar counts as it is written, and nothing as the empty text.</summary>
    public static Kind<IReadOnlyDictionary<string, string>> Variables { get; } = MapOf(VariableName, (node, at) =>
        node is ScalarNode scalar && !scalar.Text.Contains('\0', StringComparison.Ordinal)
            ? scalar.IsNull ? "" : scalar.Text
            : throw at.Wrong(node, "text"));

    private static Kind<TimeSpan> DurationWithin(TimeSpan least, TimeSpan most, string rule) => (node, at) =>
        node is ScalarNode scalar && Duration.TryParse(scalar.Text, out var value) && value >= least && value <= most
            ? value
            : throw at.Wrong(node, rule);

    private static QueueUrl UrlThat(ManifestNode node, Place at, Func<QueueUrl, string?> broken)
    {
        if (node is not ScalarNode { IsNull: false } scalar) throw at.Wrong(node, QueueUrl.Form);
        var shown = $"\"{QueueUrl.Redact(scalar.Written)}\"";
        if (!QueueUrl.TryParse(scalar.Text, out var url, out var rule)) throw at.Wrong(node, shown, rule);
        return broken(url) is { } reason ? throw at.Wrong(node, shown, reason) : url;
    }

    [GeneratedRegex(
        @"^[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex OriginPattern();
}
