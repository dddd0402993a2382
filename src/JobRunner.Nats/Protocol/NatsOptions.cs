using System.Security.Cryptography.X509Certificates;

namespace JobRunner.Nats.Protocol;

/// <summary>Where the servers are and how to talk to them.</summary>
internal sealed record NatsOptions
{
    public const int DefaultPort = 4222;

    /// <summary>At least one; the client takes whichever answers.</summary>
    public required IReadOnlyList<NatsAddress> Servers { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Token { get; init; }

    /// <summary>Refuse servers without TLS. Those that ask for it get it in any case.</summary>
    public bool RequireTls { get; init; }

    /// <summary>Roots to trust instead of the machine's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>How the server's monitoring names this connection.</summary>
    public string Name { get; init; } = "jobrunner";

    /// <summary>For one server: connecting, TLS and authentication together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an operation waits for a connection, and then for its answer.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A connection that leaves two pings unanswered is given up.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The wait after the first failed round through all servers; doubled per round, with jitter.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads a <c>nats:</c> or <c>tls:</c> URL. A user without a password is a token.</summary>
    public static NatsOptions FromUrl(QueueUrl url)
    {
        var hosts = url.Hosts.Count > 0 ? url.Hosts : [new QueueHost("localhost", null)];
        return new NatsOptions
        {
            Servers = [.. hosts.Select(host => new NatsAddress(host.Name, host.Port ?? DefaultPort))],
            User = url.Password is null ? null : url.User,
            Password = url.Password,
            Token = url.Password is null ? url.User : null,
            RequireTls = url.IsTls,
        };
    }
}

/// <summary>One server.</summary>
/// <param name="Host">Name or address, without brackets.</param>
/// <param name="Port">TCP port.</param>
/// <param name="TlsName">The name that its certificate must have, where that is not <paramref name="Host"/>.</param>
internal sealed record NatsAddress(string Host, int Port, string? TlsName = null)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
