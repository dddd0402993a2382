using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace JobRunner.RabbitMq.Tests;

/// <summary>A certificate for localhost that vouches for itself.</summary>
internal static class TestCertificates
{
    public const string File = "certificate.pem";
    public const string KeyFile = "key.pem";

    public static async Task WriteAsync(string folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await System.IO.File.WriteAllTextAsync(Path.Combine(folder, File), certificate.ExportCertificatePem());
        await System.IO.File.WriteAllTextAsync(Path.Combine(folder, KeyFile), key.ExportPkcs8PrivateKeyPem());
    }
}
