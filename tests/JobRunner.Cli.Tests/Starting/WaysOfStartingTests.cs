using System.Globalization;
using System.Text;

namespace JobRunner.Cli.Tests.Starting;

public sealed class WaysOfStartingTests
{
    private const string Json = "application/json";

    private static readonly (string Method, string Path, string? Body, string? ContentType)[] Requests =
    [
        ("POST", "/api/v1/perform", """{"number": 7907}""", Json),
        ("POST", "/api/v1/perform", """{"number": 7908}""", Json),
        ("POST", "/api/v1/perform", null, null),
        ("POST", "/api/v1/perform", """{"number": "7"}""", Json),
        ("POST", "/api/v1/perform", """{"numbr": 7}""", Json),
        ("POST", "/api/v1/perform", "{}", Json),
        ("POST", "/api/v1/perform", "[7907]", Json),
        ("POST", "/api/v1/perform", "{", Json),
        ("POST", "/api/v1/perform", "number=7907", "application/x-www-form-urlencoded"),
        ("GET", "/api/v1/perform", null, null),
        ("GET", "/api/v1/parameters", null, null),
        ("POST", "/pub/job/primer/latest/api/v1/perform", """{"number": 7907}""", Json),
        ("POST", "/pub/fatman/primer/1.0.0/api/v1/perform", """{"number": 7907}""", Json),
        ("GET", "/pub/job/primer/latest", null, null),
        ("GET", "/pub/job/primer/latest/", null, null),
        ("GET", "/", null, null),
        ("GET", "/docs", null, null),
        ("GET", "/docs/", null, null),
        ("GET", "/docs/swagger-ui.css", null, null),
        ("GET", "/openapi.json", null, null),
        ("GET", "/live", null, null),
        ("GET", "/ready", null, null),
        ("GET", "/health", null, null),
        ("GET", "/pub/job/primer/latest/health", null, null),
    ];

    [Fact]
    public async Task All_ways_of_starting_give_the_same_answers()
    {
        var transcripts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in WaysOfStarting.Names)
        {
            await using var served = await WaysOfStarting.StartAsync(name);
            transcripts[name] = await TranscriptAsync(served.Client);
        }

        var expected = transcripts[WaysOfStarting.Names[0]];
        expected.ShouldContain("POST /api/v1/perform {\"number\": 7907}: 200");
        foreach (var (name, transcript) in transcripts)
        {
            foreach (var (line, same) in transcript.Split('\n').Zip(expected.Split('\n')))
                line.ShouldBe(same, name);
        }
    }

    [Fact]
    public async Task Metrics_count_the_calls_however_the_job_was_started()
    {
        foreach (var name in WaysOfStarting.Names)
        {
            await using var served = await WaysOfStarting.StartAsync(name);
            using var content = new StringContent("""{"number": 7907}""", Encoding.UTF8, Json);
            using var answer = await served.Client.PostAsync("/api/v1/perform", content);
            (await answer.Content.ReadAsStringAsync()).ShouldBe("true", name);

            var metrics = await served.Client.GetStringAsync("/metrics/");

            metrics.ShouldContain("requests_done_total 1", Case.Sensitive, name);
            metrics.ShouldContain("request_duration_count{endpoint=\"/perform\"} 1", Case.Sensitive, name);
        }
    }

    [Fact]
    public async Task An_existing_application_keeps_its_own_pages()
    {
        await using var served = await WaysOfStarting.StartAsync("existing-application");

        (await served.Client.GetStringAsync("/own")).ShouldBe("the application's own page");
    }

    private static async Task<string> TranscriptAsync(HttpClient client)
    {
        var transcript = new StringBuilder();
        foreach (var (method, path, body, contentType) in Requests)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, contentType!);
            using var response = await client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            transcript.AppendLine(
                CultureInfo.InvariantCulture,
                $"{method} {path} {body}: {(int)response.StatusCode} {response.Content.Headers.ContentType} "
                + $"{response.Headers.Location} {response.Content.Headers.Allow.FirstOrDefault()} {text}");
        }

        return transcript.ToString();
    }
}
