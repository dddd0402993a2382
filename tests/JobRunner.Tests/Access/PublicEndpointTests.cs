using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JobRunner.Tests.Access;

public sealed class PublicEndpointTests
{
    private const string Manifest = "public_endpoints: [/api/v1/perform, /api/v1/webview/open/]";

    [Theory]
    [InlineData("POST", "/api/v1/perform", 200)]
    [InlineData("POST", "/api/v1/perform/", 200)]
    [InlineData("POST", "/pub/job/a/b/api/v1/perform", 200)]
    [InlineData("POST", "/pub/fatman/a/b/api/v1/perform", 200)]
    [InlineData("POST", "/api/v1/%70erform", 200)]
    [InlineData("POST", "/api/v1/x/../perform", 200)]
    [InlineData("GET", "/api/v1/webview/open", 200)]
    [InlineData("GET", "/api/v1/webview/open/page", 200)]
    [InlineData("GET", "/api/v1/webview/openly", 401)]
    [InlineData("GET", "/api/v1/webview/OPEN/page", 401)]
    [InlineData("GET", "/api/v1/webview//open/page", 401)]
    [InlineData("GET", "/api/v1/webview/open%2F..%2Fadmin", 401)]
    [InlineData("GET", "/api/v1/webview/open/../admin", 401)]
    [InlineData("GET", "/api/v1/webview/open/%2e%2e/admin", 401)]
    [InlineData("GET", "/api/v1/webview/open/.%2E/admin", 401)]
    [InlineData("POST", "/api/v1/secret", 401)]
    [InlineData("POST", "/api/v1/perform/../secret", 401)]
    [InlineData("POST", "/api/v1/perform/%2e%2e/secret", 401)]
    [InlineData("POST", "/API/V1/PERFORM", 401)]
    [InlineData("POST", "//api/v1/perform", 401)]
    [InlineData("POST", "/api/v1/secret?/api/v1/perform", 401)]
    [InlineData("POST", "/api/v1/secret;/api/v1/perform", 401)]
    [InlineData("POST", "/api/v1/secret%00/api/v1/perform", 400)]
    [InlineData("GET", "/pub/job/api/v1/perform/metrics", 401)]
    [InlineData("GET", "/pub/job/a/b/pub/job/a/b/api/v1/perform", 401)]
    public async Task A_prefix_opens_what_lies_below_it_and_nothing_else(string method, string target, int expected)
    {
        await using var host = await GuardedHost.StartAsync(manifest: Manifest);

        // A raw connection: clients tidy up paths before they send them.
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, host.Client.BaseAddress!.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();

        answer.ShouldStartWith($"HTTP/1.1 {expected} ");
    }

    [Fact]
    public async Task The_root_as_a_prefix_opens_everything_but_what_is_for_this_machine()
    {
        await using var host = await GuardedHost.StartAsync(manifest: "public_endpoints: [/]");
        (await host.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.CallAsync("/api/v1/secret")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.GetAsync("/extra/local", ("X-Forwarded-For", "10.0.0.1"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }
}
