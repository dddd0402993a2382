using System.Net.Http.Headers;
using System.Text;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

public sealed class LimitedHost : ServedFixture<EchoJob>
{
    protected override string Manifest => """
        name: echo
        version: 1.2.3
        jobtype_extra:
          home_page: /api/v1/parameters
          max_body_size: 1m
          unknown_arguments: ignore
          named_floats: true
          cors_origins: [https://one.example]
          timeout: 10s
        """;
}

/// <summary>"Server", "Endpoints" and "Calling an endpoint".</summary>
public sealed class RequestTests(ServedFixture<EchoJob> served, LimitedHost limited)
    : IClassFixture<ServedFixture<EchoJob>>, IClassFixture<LimitedHost>
{
    private const string Perform = "/api/v1/perform";

    [Theory]
    [InlineData("{", 422, "json_invalid")]
    [InlineData("{\"value\":1", 422, "json_invalid")]
    [InlineData("{\"value\":1}x", 422, "json_invalid")]
    [InlineData("{\"value\":1,}", 422, "json_invalid")]
    [InlineData("{'value':1}", 422, "json_invalid")]
    [InlineData("{/**/\"value\":1}", 422, "json_invalid")]
    [InlineData("{\"value\":NaN}", 422, "json_invalid")]
    [InlineData("{\"value\":01}", 422, "json_invalid")]
    [InlineData("{\"value\":\"\\ud800\"}", 422, "json_invalid")]
    [InlineData("{\"\\udc00\":1}", 422, "json_invalid")]
    [InlineData("[]", 422, "dict_type")]
    [InlineData("7", 422, "dict_type")]
    [InlineData("\"text\"", 422, "dict_type")]
    [InlineData("true", 422, "dict_type")]
    public async Task A_payload_that_is_no_object_is_a_422_with_its_place(string payload, int status, string kind)
    {
        var answer = await served.Host.CallAsync("/perform", payload);

        answer.Status.ShouldBe(status, answer.Body);
        var detail = answer.Json["detail"]!.AsArray()[0]!;
        ((string)detail["loc"]![0]!, (string)detail["type"]!).ShouldBe(("body", kind));
        ((string)detail["msg"]!).ShouldBe(answer.Error);
        answer.Json["type"].ShouldNotBeNull();
    }

    [Fact]
    public async Task The_position_of_malformed_json_is_named()
    {
        var answer = await served.Host.CallAsync("/perform", "{\"value\":1,}");

        answer.Error.ShouldContain("byte 11");
        ((int)answer.Json["detail"]![0]!["loc"]![1]!).ShouldBe(11);
    }

    [Theory]
    [InlineData(63, 200)]
    [InlineData(64, 422)]
    [InlineData(5000, 422)]
    public async Task Depth_is_limited_to_64(int lists, int status)
    {
        var payload = $"{{\"value\":{new string('[', lists)}{new string(']', lists)}}}";

        (await served.Host.CallAsync("/element", payload)).Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("multipart/form-data; boundary=x", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/jsonp", 415)]
    [InlineData("nonsense", 415)]
    [InlineData("application/json", 200)]
    [InlineData("APPLICATION/JSON; charset=\"UTF-8\"", 200)]
    [InlineData("application/vnd.api+json", 200)]
    [InlineData(null, 200)]
    public async Task A_body_of_another_media_type_is_a_415(string? mediaType, int status)
    {
        using var request = Post(Perform, new ByteArrayContent("{\"value\":7}"u8.ToArray()));
        if (mediaType is not null)
            request.Content!.Headers.TryAddWithoutValidation("Content-Type", mediaType);

        (await served.Host.SendAsync(request)).Status.ShouldBe(status);
    }

    [Fact]
    public async Task A_compressed_body_is_a_415()
    {
        using var request = Post(Perform, new ByteArrayContent([31, 139, 8]));
        request.Content!.Headers.ContentEncoding.Add("gzip");

        (await served.Host.SendAsync(request)).Status.ShouldBe(415);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothing", 404, null)]
    [InlineData("POST", "/api/v1/nothing", 404, null)]
    [InlineData("GET", "/nothing", 404, null)]
    [InlineData("GET", "/pub/job/a/b/nothing", 404, null)]
    [InlineData("GET", "/pub/job/a", 404, null)]
    [InlineData("GET", "/docs/nothing.js", 404, null)]
    [InlineData("GET", "/api/v1/perform", 405, "POST")]
    [InlineData("HEAD", "/api/v1/perform", 405, "POST")]
    [InlineData("PUT", "/api/v1/perform", 405, "POST")]
    [InlineData("DELETE", "/pub/job/a/b/api/v1/perform", 405, "POST")]
    [InlineData("PATCH", "/live", 405, "GET, HEAD")]
    [InlineData("POST", "/api/v1/parameters", 405, "GET, HEAD")]
    [InlineData("OPTIONS", "/api/v1/perform", 405, "POST")]
    public async Task An_unknown_path_is_a_404_and_a_wrong_method_a_405(string method, string path, int status, string? allow)
    {
        var answer = await served.Host.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        answer.Status.ShouldBe(status);
        (allow is null || answer.ContentHeaders.Allow.Order().SequenceEqual(allow.Split(", "))).ShouldBeTrue(string.Join(",", answer.ContentHeaders.Allow));
        if (method != "HEAD")
            ((string)answer.Json["detail"]!, answer.Json["type"]).ShouldSatisfyAllConditions(pair => pair.Item1.ShouldBe(answer.Error), pair => pair.Item2.ShouldNotBeNull());
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("/", 200)]
    [InlineData("/%", 404)]
    public async Task A_trailing_slash_does_not_matter(string end, int status) =>
        (await served.Host.CallAsync($"/perform{end}", "{\"value\":7}")).Status.ShouldBe(status);

    [Theory]
    [InlineData("/api/v1/%70erform")]
    [InlineData("/API/V1/PERFORM")]
    [InlineData("/api/v1/perform?a=b")]
    [InlineData("/api/./v1/x/../perform")]
    [InlineData("/pub/job/echo/latest/api/v1/perform")]
    [InlineData("/pub/fatman/a%20b/1.2.3/api/v1/perform")]
    [InlineData("/pub/job/echo/latest/api/v1/perform/")]
    public async Task An_endpoint_is_found_however_it_is_spelled(string path) => (await served.Host.SendAsync(
        Post(path, new StringContent("{\"value\":7}", Encoding.UTF8, "application/json")))).Body.ShouldBe("7");

    [Theory]
    [InlineData("/", "/pub/job/JOB_NAME/JOB_VERSION/docs")]
    [InlineData("/pub/job/a/b/", "/pub/job/JOB_NAME/JOB_VERSION/docs")]
    [InlineData("/pub/job/a/b", "/pub/job/a/b/")]
    [InlineData("/pub/fatman/a/latest", "/pub/fatman/a/latest/")]
    [InlineData("/pub/job/a%20b/%C3%A9?x=%20y", "/pub/job/a%20b/%C3%A9/?x=%20y")]
    public async Task A_redirect_is_a_307(string path, string location)
    {
        var answer = await served.Host.GetAsync(path);

        (answer.Status, answer.Headers.Location?.OriginalString).ShouldBe((307, location));
    }

    [Fact]
    public async Task The_manifest_gives_identity_and_home_page()
    {
        (await limited.Host.GetAsync("/")).Headers.Location!.OriginalString.ShouldBe("/pub/job/echo/1.2.3/api/v1/parameters");
        var health = (await limited.Host.GetAsync("/health")).Json;
        ((string)health["job_name"]!, (string)health["job_version"]!).ShouldBe(("echo", "1.2.3"));
    }

    [Theory]
    [InlineData("/live", """{"live":true,"deployment_timestamp":null}""")]
    [InlineData("/ready", """{"ready":true}""")]
    [InlineData("/health", """{"service":"job","job_name":"JOB_NAME","live":true,"ready":true,"status":"pass","error":null,"job_version":"JOB_VERSION","git_version":null,"deployed_by_racetrack_version":null,"deployment_timestamp":null,"job_type_version":null}""")]
    public async Task A_probe_has_the_keys_that_clients_read(string path, string body)
    {
        foreach (var prefix in new[] { "", "/pub/job/a/b", "/pub/fatman/a/b" })
        {
            var answer = await served.Host.GetAsync(prefix + path);
            (answer.Status, answer.Body, answer.ContentType).ShouldBe((200, body, "application/json"));
        }
    }

    [Theory]
    [InlineData("/docs")]
    [InlineData("/docs/")]
    [InlineData("/docs/swagger-ui-bundle.js")]
    [InlineData("/docs/swagger-ui.css")]
    [InlineData("/pub/job/a/b/docs")]
    [InlineData("/pub/job/a/b/docs/swagger-ui.css")]
    [InlineData("/openapi.json")]
    [InlineData("/metrics")]
    [InlineData("/metrics/")]
    public async Task Documentation_and_metrics_are_there_and_answer_head_too(string path)
    {
        (await served.Host.GetAsync(path)).Status.ShouldBe(200);
        var head = await served.Host.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        (head.Status, head.Body).ShouldBe((200, ""));
    }

    [Fact]
    public async Task A_body_past_the_limit_is_a_413()
    {
        var large = $"{{\"value\":\"{new string('x', 1024 * 1024)}\"}}";
        var fits = $"{{\"value\":\"{new string('x', 1024 * 1024 - 20)}\"}}";
        using var chunked = Post("/api/v1/string", new StringContent(large, Encoding.UTF8, "application/json"));
        chunked.Headers.TransferEncodingChunked = true;
        using var sized = Post("/api/v1/string", new StringContent(large, Encoding.UTF8, "application/json"));

        // A client that writes on while it is refused may see the connection end before it reads the answer.
        chunked.Headers.ExpectContinue = sized.Headers.ExpectContinue = true;

        var answer = await limited.Host.SendAsync(sized);
        (answer.Status, (string)answer.Json["detail"]!).ShouldBe((413, answer.Error));
        (await limited.Host.SendAsync(chunked)).Status.ShouldBe(413);
        (await limited.Host.CallAsync("/string", fits)).Status.ShouldBe(200);
        (await served.Host.CallAsync("/string", large)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_large_chunked_body_arrives_whole()
    {
        var text = new string('é', 3_000_000);
        using var request = Post("/api/v1/string", new StringContent($"{{\"value\":\"{text}\"}}", Encoding.UTF8, "application/json"));
        request.Headers.TransferEncodingChunked = true;
        request.Headers.ExpectContinue = true;

        (await served.Host.SendAsync(request)).Body.ShouldBe($"\"{text}\"");
    }

    [Fact]
    public async Task The_manifest_can_let_unknown_arguments_pass_and_name_floats()
    {
        (await limited.Host.CallAsync("/perform", "{\"value\":1,\"other\":2}")).Status.ShouldBe(200);
        (await limited.Host.CallAsync("/double", "{\"value\":\"NaN\"}")).Body.ShouldBe("\"NaN\"");
        (await limited.Host.CallAsync("/float", "{\"value\":\"-Infinity\"}")).Body.ShouldBe("\"-Infinity\"");
    }

    [Theory]
    [InlineData("https://one.example", "https://one.example")]
    [InlineData("https://two.example", null)]
    public async Task The_manifest_narrows_the_origins(string origin, string? allowed) =>
        (await PreflightAsync(limited.Host, origin)).ShouldBe((allowed, null));

    [Fact]
    public async Task Any_origin_may_call_and_never_with_credentials() =>
        (await PreflightAsync(served.Host, "https://any.example")).ShouldBe(("*", null));

    [Fact]
    public async Task An_error_carries_the_headers_that_browsers_need_to_read_it()
    {
        using var request = Post(Perform, new StringContent("[]", Encoding.UTF8, "application/json"));
        request.Headers.Add("Origin", "https://any.example");

        var answer = await served.Host.SendAsync(request);

        (answer.Status, answer.Headers.GetValues("Access-Control-Allow-Origin").Single()).ShouldBe((422, "*"));
    }

    [Fact]
    public async Task The_first_calls_may_all_come_at_once()
    {
        await using var host = await TestHost.ServeAsync(new EchoJob());

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(number => host.CallAsync("/perform", $"{{\"value\":{number}}}")));

        answers.Select(answer => answer.Body).ShouldBe(Enumerable.Range(0, 64).Select(number => $"{number}"));
    }

    private static HttpRequestMessage Post(string path, HttpContent content) => new(HttpMethod.Post, path) { Content = content };

    private static async Task<(string? Origin, string? Credentials)> PreflightAsync(TestHost host, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, Perform);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "content-type");
        var headers = (await host.SendAsync(request)).Headers;
        return (Value(headers, "Access-Control-Allow-Origin"), Value(headers, "Access-Control-Allow-Credentials"));
    }

    private static string? Value(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.Single() : null;
}
