using System.Net;
using System.Net.Sockets;

namespace JobRunner.Tasks;

/// <summary>Decides where webhooks may go. A host must be listed; a name is resolved first and the connection made to the
/// address that was checked, so that a name cannot mean another machine a moment later. Addresses of the inside are
/// refused unless they are listed themselves.</summary>
internal sealed class WebhookTargets(IReadOnlyList<string> allowed, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>Says what is wrong with a target before anything is resolved; null where nothing is.</summary>
    public string? Check(string text)
    {
        if (allowed.Count == 0)
            return "webhooks are off: the manifest's jobtype_extra.webhook_hosts lists no host";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return "X-Webhook-Url must be an http or https URL";
        if (url.UserInfo.Length > 0)
            return "X-Webhook-Url must not carry a user name or password";
        return IsListed(url.IdnHost) ? null : $"webhooks to {url.IdnHost} are not allowed by webhook_hosts";
    }

    /// <summary>A handler that follows no redirect, uses no proxy, and connects to checked addresses only.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        ConnectCallback = async (context, cancellationToken) =>
            await ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken),
    };

    private async Task<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        var usable = Array.FindAll(addresses, address => !IsInside(address) || IsListed(Plain(address).ToString()));
        if (usable.Length == 0)
            throw new HttpRequestException($"{host} is no public address, which webhooks may not be sent to");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(usable, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsListed(string host) => allowed.Any(entry =>
        string.Equals(entry.Trim('[', ']'), host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Whether an address is loopback, link-local, private or otherwise not of the public network.</summary>
    internal static bool IsInside(IPAddress given)
    {
        var address = Plain(given);
        if (IPAddress.IsLoopback(address))
            return true;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            var bytes = address.GetAddressBytes();

            // An address of the inside may hide in the last bytes of the 6to4, NAT64 and compatible forms.
            var hidesV4 = bytes.AsSpan(0, 12).IndexOfAnyExcept((byte)0) < 0
                || bytes.AsSpan(0, 12).SequenceEqual((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]);
            return address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal || address.IsIPv6Multicast
                || address.IsIPv6Teredo
                || (hidesV4 && IsInside(new IPAddress(bytes.AsSpan(12))))
                || (bytes is [0x20, 0x02, ..] && IsInside(new IPAddress(bytes.AsSpan(2, 4))));
        }

        return address.GetAddressBytes() switch
        {
            [0 or 10 or 127 or >= 224, ..] => true,
            [100, >= 64 and <= 127, ..] => true,
            [169, 254, ..] => true,
            [172, >= 16 and <= 31, ..] => true,
            [192, 168, ..] or [192, 0, 0, _] => true,
            [198, 18 or 19, ..] => true,
            _ => false,
        };
    }
}
