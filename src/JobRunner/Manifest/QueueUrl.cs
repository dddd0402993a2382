using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using JobRunner.Manifest;

namespace JobRunner;

/// <summary>One server of a <see cref="QueueUrl"/>.</summary>
/// <param name="Name">Host name or address, without the brackets of an IPv6 address.</param>
/// <param name="Port">The port, or null for the transport's default.</param>
public sealed record QueueHost(string Name, int? Port)
{
    /// <summary>The form of the URL, IPv6 addresses in brackets.</summary>
    public override string ToString()
    {
        var name = Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name;
        return Port is null ? name : $"{name}:{Port}";
    }
}

/// <summary>
/// The address of a queue, or of the store of task records: <c>sqlite:PATH?queue=NAME</c>, <c>memory:</c>,
/// <c>redis://host</c>, <c>nats://host</c>, <c>amqp://host/vhost</c> and their TLS forms. <see cref="ToString"/>
/// never shows user information, because a token stands where a user name does.
/// </summary>
public sealed partial record QueueUrl
{
    /// <summary>How rules describe the form.</summary>
    internal const string Form =
        "a URL that begins with sqlite:, memory:, redis:, rediss:, nats:, tls:, amqp: or amqps:";

    private QueueUrl(string scheme) => Scheme = scheme;

    /// <summary>Lower case: sqlite, memory, redis, rediss, nats, tls, amqp or amqps.</summary>
    public string Scheme { get; }

    /// <summary>The user, decoded; for NATS without a password it is a token. Null where there is none.</summary>
    [JsonIgnore]
    public string? User { get; private init; }

    /// <summary>The password, decoded. Null where there is none.</summary>
    [JsonIgnore]
    public string? Password { get; private init; }

    /// <summary>The servers in order; empty where the URL leaves them to the environment or needs none.</summary>
    public IReadOnlyList<QueueHost> Hosts { get; private init; } = [];

    /// <summary>
    /// Decoded: the file of <c>sqlite:</c>, the database number of <c>redis:</c>, the virtual host of <c>amqp:</c>
    /// (without its leading slash). Empty where there is none.
    /// </summary>
    public string Path { get; private init; } = "";

    /// <summary>The query, decoded: the transport's own names such as <c>stream</c>, <c>queue</c> or <c>durable</c>.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; internal init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether the connection is encrypted.</summary>
    public bool IsTls => Scheme is "rediss" or "tls" or "amqps";

    /// <summary>The parameter of this name, or null.</summary>
    public string? Parameter(string name) => Parameters.GetValueOrDefault(name);

    /// <summary>Parses a URL whose query holds only the transport's own names.</summary>
    /// <exception cref="FormatException">The text is no such URL; the message never shows a password.</exception>
    public static QueueUrl Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var url, out var rule)
            ? url
            : throw new FormatException($"The queue URL is \"{Redact(text)}\" but must be {rule}.");
    }

    /// <summary>The URL without user information.</summary>
    public override string ToString()
    {
        var user = User is null && Password is null ? "" : "***@";
        var authority = user.Length + Hosts.Count == 0 ? "" : $"//{user}{string.Join(',', Hosts)}";
        var path = Path.Length == 0 || Scheme is "sqlite" ? Path : $"/{Uri.EscapeDataString(Path)}";
        var query = string.Join('&', Parameters.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"));
        return $"{Scheme}:{authority}{path}{(query.Length == 0 ? "" : "?")}{query}";
    }

    /// <summary>
    /// The text with everything hidden that might be user information. It is cut at the last @, wherever that
    /// stands: in a URL that does not parse nobody knows where the password ends.
    /// </summary>
    internal static string Redact(string text)
    {
        var at = text.LastIndexOf('@');
        if (at < 0) return text;
        var start = SchemePart().Match(text).Length;
        return string.Concat(text.AsSpan(0, start), "***", text.AsSpan(at));
    }

    internal static bool TryParse(string text, [NotNullWhen(true)] out QueueUrl? url, [NotNullWhen(false)] out string? rule)
    {
        (url, rule) = QueueUrlParser.Parse(text);
        return url is not null;
    }

    internal static QueueUrl Create(
        string scheme,
        string? user,
        string? password,
        IReadOnlyList<QueueHost> hosts,
        string path,
        IReadOnlyDictionary<string, string> parameters) =>
        new(scheme) { User = user, Password = password, Hosts = hosts, Path = path, Parameters = parameters };

    [GeneratedRegex(
        "^([A-Za-z]+:/{0,2})?",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex SchemePart();
}
