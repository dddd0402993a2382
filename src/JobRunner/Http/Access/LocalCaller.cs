using System.Net;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http.Access;

/// <summary>Tells callers on this machine from others.</summary>
internal static class LocalCaller
{
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"];

    /// <summary>Whether a request was sent on this machine, by no proxy and by no web page of somebody else.</summary>
    public static bool Sent(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } address && IsLoopback(address)
        && !Array.Exists(ProxyHeaders, request.Headers.ContainsKey)
        && IsLoopback(request.Host.Host)
        && IsSameOrigin(request);

    // A page from elsewhere can make the browser on this machine send requests, and can let its own name resolve to
    // 127.0.0.1; the browser then names the page's origin, and its host.
    private static bool IsSameOrigin(HttpRequest request) =>
        request.Headers.Origin is not [{ } origin]
            ? request.Headers.Origin.Count == 0
            : Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IsLoopback(address));

    private static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
