using System.Net;
using JobRunner.Http;
using JobRunner.Http.Access;
using JobRunner.Tests.Hosting;
using JobRunner.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Access;

public sealed class AccessControlTests
{
    [Fact]
    public async Task Every_path_but_the_open_ones_needs_a_token_that_is_right()
    {
        await using var host = await GuardedHost.StartAsync();
        var routes = host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        routes.Count.ShouldBeGreaterThan(20);
        var open = new List<string>();
        foreach (var route in routes)
        {
            var method = new HttpMethod(route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET");
            var path = PathOf(route);
            var bare = (await host.SendAsync(method, path, null, CancellationToken.None)).StatusCode;
            var wrong = (await host.SendAsync(method, path, null, CancellationToken.None, GuardedHost.Header("wrong"))).StatusCode;
            var right = (await host.SendAsync(method, path, null, CancellationToken.None, GuardedHost.Header(GuardedHost.Token))).StatusCode;
            wrong.ShouldBe(bare, path);
            right.ShouldNotBe(HttpStatusCode.Unauthorized, path);
            if (bare != HttpStatusCode.Unauthorized)
                open.Add(path);
        }

        open.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ShouldBe(JobPaths.Prefixes
            .SelectMany(prefix => (string[])["/live", "/ready", "/health", "/extra/open"], (prefix, path) => Filled(prefix) + path)
            .Concat(from prefix in (string[])["/async", "/pub/async"]
                    from path in (string[])["poll", "status"]
                    select Filled($"{prefix}/task/{{__id}}/{path}"))
            .Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/pub/job/a/b/nowhere")]
    [InlineData("/pub/job/a/b")]
    [InlineData("/api/v1/tasks")]
    [InlineData("/live/more")]
    [InlineData("/LIVE/../metrics")]
    public async Task An_unknown_path_tells_nothing_without_a_token(string path)
    {
        await using var host = await GuardedHost.StartAsync();
        (await host.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_wrong_method_tells_nothing_without_a_token()
    {
        await using var host = await GuardedHost.StartAsync();
        (await host.GetAsync("/api/v1/perform")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await host.GetAsync("/api/v1/perform", GuardedHost.Bearer(GuardedHost.Token))).StatusCode
            .ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task A_refusal_says_what_is_needed()
    {
        await using var host = await GuardedHost.StartAsync();

        using var bare = await host.CallAsync();
        using var wrong = await host.CallAsync(headers: GuardedHost.Bearer("wrong"));

        var body = await bare.JsonAsync(HttpStatusCode.Unauthorized);
        body.GetProperty("error").GetString()!.ShouldContain("X-Racetrack-Auth");
        body.GetProperty("type").GetString().ShouldBe("Unauthorized");
        body.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        bare.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        wrong.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer error=\"invalid_token\"");
    }

    [Theory]
    [InlineData("X-Racetrack-Auth", GuardedHost.Token, HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer " + GuardedHost.Token, HttpStatusCode.OK)]
    [InlineData("Authorization", "bearer   " + GuardedHost.Token, HttpStatusCode.OK)]
    [InlineData("Authorization", GuardedHost.Token, HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Basic " + GuardedHost.Token, HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Bearer", HttpStatusCode.Unauthorized)]
    [InlineData("X-Racetrack-Auth", "Bearer " + GuardedHost.Token, HttpStatusCode.Unauthorized)]
    [InlineData("Cookie", "X-Racetrack-Auth=" + GuardedHost.Token, HttpStatusCode.Unauthorized)]
    public async Task A_token_goes_in_one_of_two_headers(string header, string value, HttpStatusCode expected)
    {
        await using var host = await GuardedHost.StartAsync();
        (await host.CallAsync(headers: (header, value))).StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("alice=s3cret", "s3cret", "mallory", "\"alice\"")]
    [InlineData("s3cret", "s3cret", "bob", "\"bob\"")]
    [InlineData("s3cret", "s3cret", null, "null")]
    [InlineData(null, null, "bob", "\"bob\"")]
    public async Task The_caller_is_whom_the_token_names_else_whom_the_header_does(
        string? tokens, string? token, string? header, string expected)
    {
        await using var host = await GuardedHost.StartAsync(tokens);
        var headers = new List<(string, string)>();
        if (token is not null)
            headers.Add(GuardedHost.Header(token));
        if (header is not null)
            headers.Add(("X-Caller-Name", header));
        (await (await host.CallAsync(headers: [.. headers])).Content.ReadAsStringAsync()).ShouldBe(expected);
    }

    [Fact]
    public async Task On_a_public_path_a_caller_without_a_token_is_nobody()
    {
        await using var host = await GuardedHost.StartAsync("alice=s3cret", "public_endpoints: [/api/v1/perform]");
        using var answer = await host.CallAsync(headers: ("X-Caller-Name", "alice"));
        (await answer.Content.ReadAsStringAsync()).ShouldBe("null");
    }

    [Fact]
    public async Task A_browser_may_ask_what_it_may_send_without_a_token_and_may_read_the_refusal()
    {
        await using var host = await GuardedHost.StartAsync();
        using var preflight = await host.SendAsync(
            HttpMethod.Options, "/api/v1/perform", null, CancellationToken.None,
            ("Origin", "https://example.org"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "x-racetrack-auth"));
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        preflight.Headers.GetValues("Access-Control-Allow-Headers").ShouldBe(["x-racetrack-auth"]);

        using var refused = await host.CallAsync(headers: ("Origin", "https://example.org"));
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
    }

    [Theory]
    [InlineData(GuardedHost.Token, null, null, HttpStatusCode.Unauthorized)]
    [InlineData(GuardedHost.Token, "X-Racetrack-Auth", GuardedHost.Token, HttpStatusCode.OK)]
    [InlineData(null, null, null, HttpStatusCode.OK)]
    [InlineData(null, "X-Forwarded-For", "127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData(null, "Forwarded", "for=127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData(null, "Origin", "https://example.org", HttpStatusCode.Forbidden)]
    [InlineData(null, "Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData(null, "Host", "example.org", HttpStatusCode.Forbidden)]
    [InlineData(null, "Host", "localhost", HttpStatusCode.OK)]
    [InlineData(null, "Host", "127.0.0.1.example.org", HttpStatusCode.Forbidden)]
    public async Task What_changes_things_is_for_token_holders_or_else_for_this_machine(
        string? tokens, string? header, string? value, HttpStatusCode expected)
    {
        await using var host = await GuardedHost.StartAsync(tokens);
        var headers = header is null ? [] : new[] { (header, value!) };
        (await host.GetAsync("/extra/local", headers)).StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task The_page_of_the_host_itself_may_use_what_is_for_this_machine()
    {
        await using var host = await GuardedHost.StartAsync(tokens: null);
        var origin = host.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        (await host.GetAsync("/extra/local", ("Origin", origin))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("10.0.0.1", false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.8.8", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData(null, false)]
    public void Only_loopback_addresses_are_this_machine(string? address, bool expected)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        http.Request.Host = new HostString("localhost:7000");
        LocalCaller.Sent(http.Request).ShouldBe(expected);
    }

    [Fact]
    public async Task No_token_is_ever_logged()
    {
        var log = new RecordingProvider();
        await using var host = await GuardedHost.StartAsync(more: services =>
        {
            services.AddSingleton<ILoggerProvider>(log);
            services.Configure<LoggerFilterOptions>(options => options.MinLevel = LogLevel.Trace);
        });
        await host.CallAsync(headers: GuardedHost.Header(GuardedHost.Token));
        await host.CallAsync(headers: GuardedHost.Bearer(GuardedHost.Token));
        await host.CallAsync(headers: GuardedHost.Header(GuardedHost.Token + "-nearly"));

        log.Lines.ShouldContain(line => line.Contains("/api/v1/perform"));
        log.Lines.ShouldNotContain(line => line.Contains(GuardedHost.Token));
    }

    [Fact]
    public async Task A_job_in_somebodys_application_is_guarded_and_the_application_is_not()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddJob<GuardedHost.WhoJob>(options => options.Manifest = new JobManifest { Name = "tested" });
        GuardedHost.UseTokens(builder.Services, GuardedHost.Token);
        await using var app = builder.Build();
        app.MapGet("/own", () => "own");
        app.MapJob();
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(TestJobHost.AddressOf(app)) };

        (await client.GetAsync("/own")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync("/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await client.PostAsync("/pub/job/a/b/api/v1/perform", null)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        client.DefaultRequestHeaders.Add("X-Racetrack-Auth", GuardedHost.Token);
        (await client.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await app.StopAsync();
    }

    private static string PathOf(RouteEndpoint route)
    {
        var text = route.RoutePattern.RawText!.Replace("{__asset}", "swagger-ui.css", StringComparison.Ordinal);
        return Filled(text[..Math.Max(0, text.IndexOf("{**", StringComparison.Ordinal) is var end && end < 0 ? text.Length : end)]);
    }

    private static string Filled(string pattern) => pattern
        .Replace("{__name}", "a", StringComparison.Ordinal)
        .Replace("{__version}", "b", StringComparison.Ordinal);

    private sealed class RecordingProvider : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
