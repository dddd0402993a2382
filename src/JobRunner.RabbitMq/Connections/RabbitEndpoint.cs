using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Connections;

/// <summary>Where brokers are and who comes, from a URL and the environment.</summary>
internal sealed record RabbitEndpoint
{
    private const string DefaultUser = "guest";

    /// <summary>A connection that is silent for twice as long is given up.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public required IReadOnlyList<QueueHost> Hosts { get; init; }

    public required string VirtualHost { get; init; }

    public required string User { get; init; }

    public required string Password { get; init; }

    public bool IsTls { get; init; }

    /// <summary>Certificates that are trusted; null: those of the system.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <exception cref="FormatException">A part of the URL is nothing that AMQP takes.</exception>
    public static RabbitEndpoint Of(QueueUrl url, Func<string, string?> environment)
    {
        var host = Variable("RABBITMQ_HOST");
        var endpoint = new RabbitEndpoint
        {
            Hosts = url.Hosts.Count > 0 ? url.Hosts : HostsOf(url, host),
            VirtualHost = url.Path.Length == 0 ? "/" : url.Path,
            User = url.User ?? Variable("RABBITMQ_USERNAME") ?? DefaultUser,
            Password = url.Password ?? Variable("RABBITMQ_PASSWORD") ?? DefaultUser,
            IsTls = url.IsTls,
        };

        AmqpNames.Check(endpoint.VirtualHost, $"the virtual host of the queue URL {url}");
        return endpoint;

        string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;
    }

    public override string ToString() => $"RabbitMQ at {string.Join(',', Hosts)}";

    public ConnectionFactory CreateFactory() => new()
    {
        VirtualHost = VirtualHost,
        UserName = User,
        Password = Password,
        ClientProvidedName = $"jobrunner:{Environment.MachineName}-{Environment.ProcessId}",

        RequestedHeartbeat = Heartbeat,

        // A lease must end with the channel that it came by, which a channel that recovers by itself would hide.
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
    };

    public IReadOnlyList<AmqpTcpEndpoint> CreateEndpoints() =>
        [.. Hosts.Select(host => new AmqpTcpEndpoint(host.Name, host.Port ?? -1, TlsOf(host)))];

    private static IReadOnlyList<QueueHost> HostsOf(QueueUrl url, string? host)
    {
        if (host is null) return [new QueueHost("localhost", null)];
        try
        {
            var parsed = QueueUrl.Parse($"{url.Scheme}://{host}");
            if (parsed.Hosts.Count > 0 && parsed.Path.Length == 0 && parsed.User is null && parsed.Parameters.Count == 0) return parsed.Hosts;
        }
        catch (FormatException)
        {
            // It is said below, in the words of the variable.
        }

        throw new FormatException("The variable RABBITMQ_HOST must be host or host:port, several separated by commas.");
    }

    private SslOption TlsOf(QueueHost host) => !IsTls
        ? new SslOption()
        : new SslOption
        {
            Enabled = true,
            ServerName = host.Name,
            Version = SslProtocols.None,
            CertificateValidationCallback = TrustedRoots is null ? null : IsTrusted,
        };

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None || certificate is null) return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(TrustedRoots!);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var presented = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(presented);
    }
}
