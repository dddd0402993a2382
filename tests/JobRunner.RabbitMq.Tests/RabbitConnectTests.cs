using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Coming to a broker, and what is said where that fails.</summary>
public sealed class RabbitConnectTests(RabbitServer server)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Name { get; } = $"q{Guid.NewGuid():N}";

    [Fact]
    public async Task A_wrong_password_is_named_and_not_shown()
    {
        var error = await RefusedAsync($"amqp://guest:hidden@127.0.0.1:{server.Port}?queue={Name}");

        error.ShouldContain("user or the password");
    }

    [Fact]
    public async Task A_virtual_host_that_is_not_there_is_named()
    {
        var error = await RefusedAsync($"amqp://guest:guest@127.0.0.1:{server.Port}/elsewhere?queue={Name}");

        error.ShouldContain("virtual host \"elsewhere\"");
    }

    [Fact]
    public async Task A_host_that_is_not_there_is_named()
    {
        var error = await RefusedAsync($"amqp://guest:hidden@127.0.0.1:{RabbitServer.FreePort()}?queue={Name}");

        error.ShouldContain("cannot be reached");
        error.ShouldContain("127.0.0.1:");
    }

    [Fact]
    public async Task A_name_that_nobody_has_is_said_to_be_one()
    {
        var error = await RefusedAsync($"amqp://guest:hidden@no-such-host.invalid?queue={Name}");

        error.ShouldContain("no-such-host.invalid");
        error.ShouldContain("cannot be found");
    }

    [Fact]
    public async Task The_first_server_that_answers_serves()
    {
        await using var queue = Rabbit.At($"amqp://127.0.0.1:{RabbitServer.FreePort()},127.0.0.1:{server.Port}?queue={Name}");

        await queue.ConnectAsync(Stop);

        (await queue.InspectAsync(Stop)).Depth.ShouldBe(0);
    }

    [Fact]
    public async Task An_amqps_URL_is_encrypted()
    {
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(server.PathOf(TestCertificates.File), Stop));
        await using var queue = Rabbit.At(
            $"amqps://localhost:{server.TlsPort}?queue={Name}", point: endpoint => endpoint with { TrustedRoots = [certificate] });
        var body = Encoding.UTF8.GetBytes(new string('x', 1_000_000));

        await queue.PutAsync([new QueueMessage { Body = body }], Stop);

        (await queue.ReceiveAsync(1, TimeSpan.FromSeconds(30), Stop)).Single().Message.Body.Length.ShouldBe(body.Length);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        var error = await RefusedAsync($"amqps://guest:hidden@localhost:{server.TlsPort}?queue={Name}");

        error.ShouldContain("certificate");
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_refused()
    {
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(server.PathOf(TestCertificates.File), Stop));
        await using var queue = Rabbit.At(
            $"amqps://127.0.0.1:{server.TlsPort}?queue={Name}", point: endpoint => endpoint with { TrustedRoots = [certificate] });

        var error = await Should.ThrowAsync<QueueUnavailableException>(() => queue.ConnectAsync(Stop));

        error.Message.ShouldContain("certificate");
    }

    private static async Task<string> RefusedAsync(string url)
    {
        await using var queue = Rabbit.At(url);
        var error = await Should.ThrowAsync<QueueUnavailableException>(() => queue.ConnectAsync(Stop));
        error.ToString().ShouldNotContain("hidden");
        return error.Message;
    }
}
