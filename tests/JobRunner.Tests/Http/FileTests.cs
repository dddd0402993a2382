using System.Net.Sockets;
using System.Text;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>"Optional members": files, pages, metrics, health; and the listed spelling of endpoints.</summary>
public sealed class FileTests : IAsyncLifetime
{
    private readonly FilesJob _job = new();
    private TestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await TestHost.ServeAsync(_job);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _job.Dispose();
    }

    [Theory]
    [InlineData("/site/index.html", "<p>index</p>", "text/html; charset=utf-8")]
    [InlineData("/site", "<p>index</p>", "text/html; charset=utf-8")]
    [InlineData("/site/", "<p>index</p>", "text/html; charset=utf-8")]
    [InlineData("/site/sub/a%20b.txt", "spaced", "text/plain; charset=utf-8")]
    [InlineData("/site/sub/data.unknownext", "unknown", "text/plain; charset=utf-8")]
    [InlineData("/site/12:30.txt", "noon", "text/plain; charset=utf-8")]
    [InlineData("/site/link-inside.txt", "spaced", "text/plain; charset=utf-8")]
    [InlineData("/style.css", "p{}", "text/css; charset=utf-8")]
    [InlineData("/manual/read%20me", "manual", "text/markdown; charset=utf-8")]
    [InlineData("/binary", "x", "text/plain; charset=utf-8")]
    public async Task A_file_is_served_under_every_prefix(string path, string content, string mediaType)
    {
        foreach (var prefix in new[] { "", "/pub/job/a/b", "/pub/fatman/a/b" })
        {
            var answer = await _host.GetAsync($"{prefix}/api/v1{path}");
            (answer.Status, answer.Body, answer.ContentType).ShouldBe((200, content, mediaType));
        }
    }

    [Theory]
    [InlineData("/site/../outside.txt")]
    [InlineData("/site/%2e%2e/outside.txt")]
    [InlineData("/site/%2E%2E/outside.txt")]
    [InlineData("/site/.%2e/outside.txt")]
    [InlineData("/site/..%2foutside.txt")]
    [InlineData("/site/%2e%2e%2foutside.txt")]
    [InlineData("/site/%252e%252e/outside.txt")]
    [InlineData("/site/%252e%252e%252foutside.txt")]
    [InlineData("/site/..\\outside.txt")]
    [InlineData("/site/..%5coutside.txt")]
    [InlineData("/site/%2e%2e%5coutside.txt")]
    [InlineData("/site/sub/..%2f..%2foutside.txt")]
    [InlineData("/site/....//outside.txt")]
    [InlineData("/site/..;/outside.txt")]
    [InlineData("/site/%c0%ae%c0%ae/outside.txt")]
    [InlineData("/site/%uff0e%uff0e/outside.txt")]
    [InlineData("/site//etc/passwd")]
    [InlineData("/site/%2fetc/passwd")]
    [InlineData("/site/%2fetc%2fpasswd")]
    [InlineData("/site/file:///etc/passwd")]
    [InlineData("/site/C:/outside.txt")]
    [InlineData("/site/index.html%00.txt")]
    [InlineData("/site/%00")]
    [InlineData("/site/link-outside.txt")]
    [InlineData("/site/link-relative.txt")]
    [InlineData("/site/link-folder/outside.txt")]
    [InlineData("/site/link-folder/site/index.html/../../outside.txt")]
    [InlineData("/site/link-other/x.txt")]
    [InlineData("/site/loop")]
    [InlineData("/site-other/x.txt")]
    [InlineData("/SITE/../outside.txt")]
    [InlineData("/site/INDEX.HTML")]
    [InlineData("/site/sub")]
    [InlineData("/site/nothing")]
    [InlineData("/webview/static/../../../../../../../../etc/passwd")]
    public async Task Nothing_outside_a_folder_can_be_read(string path)
    {
        // HttpClient would tidy the path; the server must see it as it is.
        foreach (var prefix in new[] { "", "/pub/job/a/b", "/pub/fatman/a/b" })
        {
            var response = await RawAsync($"GET {prefix}/api/v1{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            response.ShouldNotContain("secret");
            response.ShouldNotContain("root:");
            var status = int.Parse(response.Split(' ')[1]);
            status.ShouldBeOneOf(400, 404);
        }
    }

    [Fact]
    public async Task A_file_can_be_read_in_part_and_its_headers_alone()
    {
        using var part = new HttpRequestMessage(HttpMethod.Get, "/api/v1/site/index.html");
        part.Headers.Range = new(3, 7);
        var answer = await _host.SendAsync(part);
        (answer.Status, answer.Body).ShouldBe((206, "index"));

        var head = await _host.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/v1/site/index.html"));
        (head.Status, head.ContentHeaders.ContentLength).ShouldBe((200, 12));
    }

    [Theory]
    [InlineData("", "/api/v1/webview", "|GET|/api/v1/webview|/|")]
    [InlineData("", "/api/v1/webview/", "|GET|/api/v1/webview|/|")]
    [InlineData("/pub/job/a/b", "/api/v1/webview/page/1?x=y", "|GET|/pub/job/a/b/api/v1/webview|/page/1|?x=y")]
    [InlineData("/pub/fatman/a/b", "/api/v1/webview", "|GET|/pub/fatman/a/b/api/v1/webview|/|")]
    public async Task A_webview_sees_its_own_path_base(string prefix, string path, string seen) =>
        (await _host.GetAsync(prefix + path)).Body.ShouldBe($"/pub/job/JOB_NAME/JOB_VERSION/api/v1/webview{seen}");

    [Fact]
    public async Task A_webview_has_routing_of_its_own_and_takes_every_method()
    {
        (await _host.GetAsync("/pub/job/a/b/api/v1/webview/routed/7")).Body.ShouldBe("routed 7");
        (await _host.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/v1/webview/x"))).Body.ShouldContain("|PUT|");
    }

    [Fact]
    public async Task A_delegate_is_a_webview_too_and_its_job_may_be_ill()
    {
        await using var host = await TestHost.ServeAsync(new DelegateWebviewJob());

        (await host.GetAsync("/api/v1/webview")).Body.ShouldBe("/pub/job/JOB_NAME/JOB_VERSION/api/v1/webview|/");
        (await host.GetAsync("/metrics")).Status.ShouldBe(200);
        (await host.GetAsync("/ready")).Status.ShouldBe(500);
        (await host.GetAsync("/health")).Json["error"]!.ToString().ShouldContain("ill");
        (await host.GetAsync("/live")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_jobs_own_health_counts()
    {
        (await _host.GetAsync("/health")).Status.ShouldBe(200);

        _job.Sick = "out of paper";

        (await _host.GetAsync("/ready")).Status.ShouldBe(500);
        var health = await _host.GetAsync("/health");
        (health.Status, health.Error, (bool)health.Json["live"]!, (bool)health.Json["ready"]!).ShouldBe((500, "out of paper", true, false));
    }

    [Fact]
    public async Task A_jobs_own_metrics_are_shown()
    {
        var text = (await _host.GetAsync("/pub/job/a/b/metrics/")).Body;

        text.ShouldContain("\njob_answers 42.0\n");
        text.ShouldNotContain("job_nothing");
    }

    [Theory]
    [InlineData("/listed", "{\"value\":1}", "2")]
    [InlineData("/multiply/3", "{\"value\":2}", "6")]
    public async Task A_listed_endpoint_is_served(string path, string payload, string result) =>
        (await _host.CallAsync(path, payload)).Body.ShouldBe(result);

    [Fact]
    public async Task One_path_may_have_two_methods_and_a_constraint_may_not_match()
    {
        (await _host.GetAsync("/api/v1/listed")).Body.ShouldBe("\"got\"");
        (await _host.CallAsync("/multiply/x", "{\"value\":2}")).Status.ShouldBe(404);
        var wrong = await _host.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/v1/listed"));
        (wrong.Status, string.Join(",", wrong.ContentHeaders.Allow.Order())).ShouldBe((405, "GET,POST"));
    }

    private async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_host.Address.Host, _host.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(TestHost.Patience);
    }
}
