using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace JobRunner.Manifest;

/// <summary>
/// Parses queue URLs. <see cref="Uri"/> knows neither several hosts nor a missing one. Rules never quote a part of the
/// text, since a password may be in any part of a URL that is wrong.
/// </summary>
internal static partial class QueueUrlParser
{
    private static readonly string[] Schemes = ["sqlite", "memory", "redis", "rediss", "nats", "tls", "amqp", "amqps"];

    public static (QueueUrl? Url, string? Rule) Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon < 0 ? "" : text[..colon].ToLowerInvariant();
        if (!Schemes.Contains(scheme, StringComparer.Ordinal)) return (null, QueueUrl.Form);
        if (text.Any(char.IsControl)) return (null, "a URL without control characters");

        var rest = text[(colon + 1)..];
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        if (!TryParseQuery(mark < 0 ? "" : rest[(mark + 1)..], out var parameters))
            return (null, "a URL whose query is NAME=VALUE&NAME=VALUE, each name once");

        var resource = mark < 0 ? rest : rest[..mark];
        var hasAuthority = resource.StartsWith("//", StringComparison.Ordinal);
        var authorityEnd = hasAuthority ? resource.IndexOf('/', 2) : 0;
        if (authorityEnd < 0) authorityEnd = resource.Length;
        var authority = hasAuthority ? resource[2..authorityEnd] : "";
        var path = resource[authorityEnd..];
        if (scheme is "sqlite" or "memory") return Local(scheme, authority, path, parameters);
        if (!hasAuthority && path.Length > 0) return (null, $"a URL such as {scheme}://host");
        return Remote(scheme, authority, path, parameters);
    }

    private static (QueueUrl?, string?) Local(
        string scheme, string authority, string path, IReadOnlyDictionary<string, string> parameters)
    {
        if (authority.Length > 0) return (null, $"{scheme}: without a host, as in sqlite:PATH or memory:");
        if (scheme is "memory" && path.Length > 0) return (null, "memory: without a path");
        return (QueueUrl.Create(scheme, null, null, [], Uri.UnescapeDataString(path), parameters), null);
    }

    private static (QueueUrl?, string?) Remote(
        string scheme, string authority, string path, IReadOnlyDictionary<string, string> parameters)
    {
        var at = authority.LastIndexOf('@');
        if (at < 0 && path.Contains('@', StringComparison.Ordinal))
            return (null, "a URL whose user information is percent-encoded (a / in a password is %2F)");

        string? user = null, password = null;
        if (at >= 0)
        {
            var parts = authority[..at].Split(':', 2);
            user = parts[0].Length == 0 ? null : Uri.UnescapeDataString(parts[0]);
            password = parts.Length < 2 ? null : Uri.UnescapeDataString(parts[1]);
        }

        if (!TryParseHosts(authority[(at + 1)..], out var hosts))
            return (null, "a URL whose servers are host or host:port, with percent-encoded user information before them");
        if (hosts.Count > 1 && scheme is "redis" or "rediss")
            return (null, $"a {scheme}: URL with one server");

        var decoded = Uri.UnescapeDataString(path.Length == 0 ? "" : path[1..]);
        if (scheme is "redis" or "rediss" && decoded.Length > 0 && !IsDatabase(decoded))
            return (null, "a redis: URL whose path is a database number");
        if (scheme is "nats" or "tls" && decoded.Length > 0)
            return (null, "a nats: URL without a path");
        return (QueueUrl.Create(scheme, user, password, hosts, decoded, parameters), null);
    }

    private static bool IsDatabase(string path) =>
        int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool TryParseHosts(string text, out List<QueueHost> hosts)
    {
        hosts = [];
        if (text.Length == 0) return true;
        foreach (var part in text.Split(','))
        {
            var match = Server().Match(part);
            if (!match.Success) return false;
            int? port = null;
            if (match.Groups["port"] is { Success: true } written)
            {
                if (!ushort.TryParse(written.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
                    return false;
                port = number;
            }

            var address = match.Groups["v6"];
            if (address.Success && !IsIPv6(address.Value)) return false;
            hosts.Add(new QueueHost(address.Success ? address.Value : match.Groups["name"].Value, port));
        }

        return true;
    }

    private static bool IsIPv6(string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    private static bool TryParseQuery(string text, out Dictionary<string, string> parameters)
    {
        parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) return false;
            var name = Uri.UnescapeDataString(part[..equals]);
            if (!parameters.TryAdd(name, Uri.UnescapeDataString(part[(equals + 1)..]))) return false;
        }

        return true;
    }

    [GeneratedRegex(
        @"^(\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9_.-]+))(:(?<port>[0-9]+))?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Server();
}
