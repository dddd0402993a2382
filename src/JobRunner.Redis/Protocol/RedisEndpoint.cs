using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace JobRunner.Redis.Protocol;

/// <summary>Where a Redis server is, and as whom to talk to it.</summary>
internal sealed record RedisEndpoint
{
    public const int DefaultPort = 6379;

    public required string Host { get; init; }

    public int Port { get; init; } = DefaultPort;

    public bool IsTls { get; init; }

    /// <summary>The ACL user; null for the default user.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    public int Database { get; init; }

    /// <summary>The name that CLIENT LIST shows.</summary>
    public string ClientName { get; init; } = "jobrunner";

    /// <summary>The certificates to trust instead of the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>The version of the protocol to ask for: 3, or 2 for servers before 6.0, which is found out.</summary>
    public int Protocol { get; init; } = 3;

    /// <summary>The time for connecting, encrypting and logging in.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The time to wait for a connection, and then as long again for the reply: a connection that is silent for so
    /// long is given up.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Reads a <c>redis:</c> or <c>rediss:</c> URL.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="environment">Gives variables: REDIS_HOSTNAME and REDIS_PORT stand in for what the URL leaves
    /// out.</param>
    /// <exception cref="FormatException">The URL is no Redis URL, or the port is none.</exception>
    public static RedisEndpoint Of(QueueUrl url, Func<string, string?> environment)
    {
        if (url.Scheme is not ("redis" or "rediss"))
            throw new FormatException($"The URL {url} must begin with redis: or rediss:.");
        var host = url.Hosts.Count == 0 ? null : url.Hosts[0];
        return new RedisEndpoint
        {
            Host = host?.Name ?? Variable(environment, "REDIS_HOSTNAME") ?? "localhost",
            Port = host?.Port ?? PortOf(Variable(environment, "REDIS_PORT")),
            IsTls = url.IsTls,
            User = url.User,
            Password = url.Password,
            Database = url.Path.Length == 0 ? 0 : int.Parse(url.Path, NumberStyles.None, CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The address, without user or password.</summary>
    public override string ToString() => $"{new QueueHost(Host, Port)}";

    private static string? Variable(Func<string, string?> environment, string name) =>
        environment(name) is { Length: > 0 } value ? value : null;

    private static int PortOf(string? text)
    {
        if (text is null) return DefaultPort;
        return ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw new FormatException($"REDIS_PORT is \"{text}\" but must be a port from 1 to 65535.");
    }
}
