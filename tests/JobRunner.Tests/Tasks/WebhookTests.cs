using System.Net;
using System.Security.Cryptography;
using JobRunner.Tasks;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Tests.Tasks;

public sealed class WebhookTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    public void Addresses_of_the_inside_are_known(string address) =>
        WebhookTargets.IsInside(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("93.184.216.34")]
    [InlineData("172.32.0.1")]
    [InlineData("2606:2800:220:1::1")]
    public void Addresses_of_the_public_network_are_known(string address) =>
        WebhookTargets.IsInside(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("http://example.org/a", true)]
    [InlineData("https://EXAMPLE.org:8443/a", true)]
    [InlineData("http://evil.org/", false)]
    [InlineData("http://example.org.evil.org/", false)]
    [InlineData("http://user:secret@example.org/", false)]
    [InlineData("ftp://example.org/", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("nonsense", false)]
    public void Only_listed_hosts_may_be_named(string url, bool isAllowed) =>
        (Targets(["example.org"]).Check(url) is null).ShouldBe(isAllowed);

    [Fact]
    public void Without_a_list_there_are_no_webhooks() => Targets([]).Check("http://example.org/")!.ShouldContain("webhook_hosts");

    [Fact]
    public async Task A_listed_name_that_means_the_inside_is_not_connected_to()
    {
        await using var server = await WebhookReceiver.StartAsync();
        using var client = new HttpClient(Targets(["hook.example"]).CreateHandler());
        var error = await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://hook.example:{server.Port}/")));
        error.ToString().ShouldContain("no public address");
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_name_that_means_another_address_at_the_next_look_is_looked_at_again()
    {
        await using var server = await WebhookReceiver.StartAsync();
        var looks = 0;

        // The first answer of the name server is allowed, as the manifest lists it; later ones mean the inside.
        var targets = new WebhookTargets(
            ["hook.example", "127.0.0.1"],
            (_, _) => Task.FromResult(new[] { ++looks == 1 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2") }));
        using var handler = targets.CreateHandler();
        using var client = new HttpClient(handler);
        client.DefaultRequestHeaders.ConnectionClose = true;
        using var first = await client.GetAsync(new Uri($"http://hook.example:{server.Port}/"));
        looks.ShouldBe(1);

        var error = await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://hook.example:{server.Port}/")));

        error.ToString().ShouldContain("no public address");
        (server.Requests, looks).ShouldBe((1, 2));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var server = await WebhookReceiver.StartAsync();
        server.Answers.Enqueue(http => http.Response.Redirect("/elsewhere"));
        using var client = new HttpClient(Targets(["hook.example", "127.0.0.1"]).CreateHandler());
        using var response = await client.GetAsync(new Uri($"http://hook.example:{server.Port}/"));
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_finished_record_is_posted_signed_and_again_until_it_is_taken()
    {
        await using var server = await WebhookReceiver.StartAsync();
        server.Answers.Enqueue(http => http.Response.StatusCode = 503);
        using var webhooks = new Webhooks(
            Targets(["127.0.0.1"]), "secret", TimeSpan.FromMilliseconds(1), TimeProvider.System, NullLogger<Webhooks>.Instance);
        webhooks.Send(new TaskRecord
        {
            Id = "t",
            Queue = "tasks",
            Endpoint = "/perform",
            Status = TaskState.Completed,
            WebhookUrl = $"http://127.0.0.1:{server.Port}/done",
        });
        var (body, signature) = await server.Accepted.Task.WaitAsync(TimeSpan.FromSeconds(30));
        signature.ShouldBe("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("secret"u8, body)));
        System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("status").GetString().ShouldBe("completed");
        server.Requests.ShouldBe(2);
    }

    // Every name means this machine, as a hostile name server would have it.
    private static WebhookTargets Targets(string[] allowed) => new(allowed, (_, _) => Task.FromResult(new[] { IPAddress.Loopback }));
}
