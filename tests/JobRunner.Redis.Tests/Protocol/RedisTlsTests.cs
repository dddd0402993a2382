using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

/// <summary>A server that speaks TLS with a certificate made for the test.</summary>
public sealed class RedisTlsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-tls-").FullName;
    private readonly int _port = RedisServer.FreePort();
    private X509Certificate2? _certificate;
    private RedisServer? _server;

    public async ValueTask InitializeAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var certificate = Path.Combine(_folder, "certificate.pem");
        var privateKey = Path.Combine(_folder, "key.pem");
        await File.WriteAllTextAsync(certificate, _certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(privateKey, key.ExportPkcs8PrivateKeyPem());
        _server = new RedisServer(
            "--tls-port", $"{_port}", "--tls-cert-file", certificate, "--tls-key-file", privateKey,
            "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no");
        await _server.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _certificate?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_rediss_URL_is_encrypted()
    {
        await using var redis = RedisConnections.To(
            Endpoint("localhost"), endpoint => endpoint with { TrustedRoots = [_certificate!] });
        var value = new byte[1_000_000];

        await redis.SendAsync("SET", "key", value);

        (await redis.SendAsync("GET", "key")).Bytes.Length.ShouldBe(value.Length);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused() =>
        await ShouldBeRefusedAsync(Endpoint("localhost"));

    [Fact]
    public async Task A_certificate_of_another_name_is_refused() =>
        await ShouldBeRefusedAsync(Endpoint("127.0.0.1") with { TrustedRoots = [_certificate!] });

    private static async Task ShouldBeRefusedAsync(RedisEndpoint endpoint)
    {
        await using var redis = RedisConnections.To(endpoint with { CommandTimeout = TimeSpan.FromSeconds(2) });

        var error = await Should.ThrowAsync<RedisConnectionException>(() => redis.SendAsync("PING"));

        error.Message.ShouldContain("certificate");
    }

    private RedisEndpoint Endpoint(string host) =>
        RedisEndpoint.Of(QueueUrl.Parse($"rediss://{host}:{_port}"), _ => null);
}
