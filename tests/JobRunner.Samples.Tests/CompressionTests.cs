using System.Net.Http.Json;

namespace JobRunner.Samples.Tests;

public sealed class CompressionTests
{
    [Fact]
    public async Task A_long_answer_is_compressed()
    {
        await using var server = await SampleServer.StartAsync<PrimeExplorer>("Webview");
        using var response = await SendAsync(server, HttpMethod.Get, "/openapi.json");
        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
    }

    [Fact]
    public async Task A_few_bytes_are_sent_as_they_are()
    {
        await using var server = await SampleServer.StartAsync<Job>("Primer");
        using var response = await SendAsync(server, HttpMethod.Post, "/api/v1/perform", JsonContent.Create(new { number = 7 }));
        response.Content.Headers.ContentEncoding.ShouldBeEmpty();
        response.Content.Headers.ContentLength.ShouldBe(4);
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip;q=0", null)]
    [InlineData("identity", null)]
    public async Task The_documentation_page_comes_in_a_form_that_the_client_takes(string accepted, string? coding)
    {
        await using var server = await SampleServer.StartAsync<Job>("Primer");
        using var response = await SendAsync(server, HttpMethod.Get, "/docs/swagger-ui.css", accepted: accepted);
        response.Content.Headers.ContentEncoding.SingleOrDefault().ShouldBe(coding);
        if (coding is null)
            (await response.Content.ReadAsStringAsync()).ShouldContain(".swagger-ui");
    }

    private static Task<HttpResponseMessage> SendAsync(
        SampleServer server, HttpMethod method, string path, HttpContent? content = null, string accepted = "gzip")
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        return server.Client.SendAsync(request);
    }
}
