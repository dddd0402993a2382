using System.Globalization;
using System.Net;

namespace JobRunner.Nats.Protocol;

/// <summary>
/// The servers to try, round after round. Clients start at different ones, so that a cluster shares them; what a server
/// tells of its cluster is tried too.
/// </summary>
internal sealed class ServerPool
{
    private const int MaxLearned = 64;

    private readonly List<NatsAddress> _servers;
    private readonly TimeSpan _firstDelay;
    private readonly TimeSpan _maxDelay;
    private int _next;
    private int _failures;

    public ServerPool(NatsOptions options)
    {
        if (options.Servers.Count == 0) throw new ArgumentException("No server is named.", nameof(options));
        var servers = options.Servers.ToArray();
        Random.Shared.Shuffle(servers);
        _servers = [.. servers];
        (_firstDelay, _maxDelay) = (options.FirstRetryDelay, options.MaxRetryDelay);
    }

    public NatsAddress Current => _servers[_next];

    /// <summary>After a connection worked: the next loss begins with the shortest wait again.</summary>
    public void Succeeded() => _failures = 0;

    /// <summary>Goes on to the next server.</summary>
    /// <returns>How long to wait before trying it: nothing until all have been tried, then ever longer.</returns>
    public TimeSpan Failed()
    {
        _failures++;
        _next = (_next + 1) % _servers.Count;
        var rounds = _failures / _servers.Count;
        if (rounds == 0) return TimeSpan.Zero;
        var delay = Math.Min(_firstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(rounds - 1, 30)), _maxDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(delay * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    /// <summary>Adds what <paramref name="from"/> tells of its cluster.</summary>
    public void Learn(IReadOnlyList<string>? urls, NatsAddress from)
    {
        foreach (var url in urls ?? [])
        {
            var colon = url.LastIndexOf(':');
            if (colon <= 0 || !ushort.TryParse(url.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
                continue;
            var host = url[..colon].Trim('[', ']');
            if (_servers.Count >= MaxLearned || _servers.Exists(known => known.Host == host && known.Port == port)) continue;

            // A cluster tells addresses, its certificate has names.
            var tlsName = IPAddress.TryParse(host, out _) ? from.TlsName ?? from.Host : null;
            _servers.Add(new NatsAddress(host, port, tlsName));
        }
    }
}
