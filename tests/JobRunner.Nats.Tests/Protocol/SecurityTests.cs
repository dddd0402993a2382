using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using JobRunner.Nats.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Nats.Tests.Protocol;

public sealed class SecurityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task User_and_password_of_the_url_are_used()
    {
        await using var server = await NatsServer.StartAsync("authorization { user: \"job runner\", password: \"p@ss/word\" }");
        await using var right = Connect($"nats://job%20runner:p%40ss%2Fword@127.0.0.1:{server.Port}");
        await right.FlushAsync(default);

        await using var wrong = Connect($"nats://job%20runner:nope@127.0.0.1:{server.Port}");
        await RefusedAsync(wrong, "Authorization Violation");
    }

    [Fact]
    public async Task A_user_alone_is_a_token()
    {
        await using var server = await NatsServer.StartAsync("authorization { token: \"t0ken\" }");
        await using var right = Connect($"nats://t0ken@127.0.0.1:{server.Port}");
        await right.FlushAsync(default);

        await using var wrong = Connect($"nats://127.0.0.1:{server.Port}");
        await RefusedAsync(wrong, "Authorization Violation");
    }

    [Fact]
    public async Task Tls_is_used_where_the_server_or_the_url_asks_for_it()
    {
        var (configuration, root) = Certificates("localhost");
        await using var server = await NatsServer.StartAsync(configuration);
        await using var asked = Connect($"tls://localhost:{server.Port}", root);
        await asked.FlushAsync(default);
        await using var upgraded = Connect($"nats://localhost:{server.Port}", root);
        await using var subscription = await upgraded.SubscribeAsync("secret");
        await upgraded.PublishAsync("secret", new byte[500_000]);
        (await subscription.Messages.ReadAsync().Soon()).Payload.Length.ShouldBe(500_000);
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_or_of_another_name_is_refused()
    {
        var (configuration, root) = Certificates("elsewhere.example");
        await using var server = await NatsServer.StartAsync(configuration);
        await using var otherName = Connect($"tls://localhost:{server.Port}", root);
        await RefusedAsync(otherName, "TLS with");
        await using var unknownRoot = Connect($"tls://localhost:{server.Port}");
        await RefusedAsync(unknownRoot, "TLS with");
    }

    [Fact]
    public async Task A_server_without_tls_is_refused_where_the_url_asks_for_it()
    {
        await using var server = await NatsServer.StartAsync();
        await using var client = Connect($"tls://127.0.0.1:{server.Port}");
        await RefusedAsync(client, "has no TLS");
    }

    private static NatsClient Connect(string url, X509Certificate2? root = null) => new(
        NatsOptions.FromUrl(QueueUrl.Parse(url)) with
        {
            TrustedRoots = root is null ? null : [root],
            OperationTimeout = TimeSpan.FromSeconds(3),
            MaxRetryDelay = TimeSpan.FromMilliseconds(100),
        },
        TimeProvider.System,
        NullLogger<NatsClient>.Instance);

    private static async Task RefusedAsync(NatsClient client, string reason) =>
        (await Should.ThrowAsync<NatsUnavailableException>(client.ConnectedAsync(default))).Message.ShouldContain(reason);

    private (string Configuration, X509Certificate2 Root) Certificates(string name)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Test root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (start, end) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var root = rootRequest.CreateSelfSigned(start, end);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Parse("192.0.2.1"));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(root, start, end, [1, 2, 3, 4]);

        var (certificateFile, keyFile) = (Path.Combine(_folder, "server.pem"), Path.Combine(_folder, "key.pem"));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        var configuration = $"tls {{ cert_file: \"{certificateFile}\", key_file: \"{keyFile}\" }}";
        return (configuration, X509CertificateLoader.LoadCertificate(root.RawData));
    }
}
