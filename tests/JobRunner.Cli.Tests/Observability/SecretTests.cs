using System.Net.Http.Json;
using System.Text;

namespace JobRunner.Cli.Tests.Observability;

/// <summary>What must be in no log line, error, metric, page or answer, whatever is asked and whatever goes wrong.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Token = "t0ken-of-alice";

    private static readonly string[] Secrets =
        [Token, "s3cret-of-the-file", "s3cret-for-webhooks", "t0ken-for-other-jobs", "pa55-of-the-queue", "wr0ng-token", "p4yload-of-a-caller"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task They_are_shown_nowhere(string structured)
    {
        _folder.Write("Job.cs", """
            public class Job
            {
                public int Perform(int number) => number > 0 ? number : throw new InvalidOperationException("a failure of the job");
            }
            """);
        _folder.Write("secrets.env", "DB_PASSWORD=s3cret-of-the-file\n");
        _folder.Write("job.yaml", """
            name: discreet
            secret_runtime_env_file: secrets.env
            jobtype_extra:
              shutdown_delay: 0
              queues:
                - url: "redis://worker:pa55-of-the-queue@127.0.0.1:1?stream=a"
            """);
        await using var served = await ServedFile.StartAsync(
            _folder["Job.cs"],
            _folder.Path,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["LOG_STRUCTURED"] = structured,
                ["LOG_CALLER_NAME"] = "true",
                ["JOB_AUTH_TOKENS"] = $"alice={Token}",
                ["JOBRUNNER_WEBHOOK_SECRET"] = "s3cret-for-webhooks",
                ["AUTH_TOKEN"] = "t0ken-for-other-jobs",
                ["MEMORY_PROFILER"] = "true",
            });
        var seen = new StringBuilder();

        foreach (var token in (string[])["", "wr0ng-token", Token])
        {
            foreach (var path in (string[])
                [
                    "/", "/live", "/ready", "/health", "/metrics", "/docs", "/openapi.json", "/nowhere", $"/nowhere?token={Token}",
                    "/api/v1/parameters", "/api/v1/tasks", "/api/v1/profiler/memory/stats", "/dashboard", "/async/task/none/poll",
                ])
                seen.AppendLine(await AskAsync(served.Client, HttpMethod.Get, path, token, content: null));
            foreach (var payload in (object[])[new { number = 1 }, new { number = -1 }, new { number = "p4yload-of-a-caller" }])
            {
                seen.AppendLine(await AskAsync(served.Client, HttpMethod.Post, "/api/v1/perform", token, payload));
                var task = await AskAsync(served.Client, HttpMethod.Post, "/async/new/job/discreet/1/api/v1/perform", token, payload);
                seen.AppendLine(task);
            }
        }

        await Eventually.IsTrueAsync(() => served.Process.Output.Contains("a failure of the job", StringComparison.Ordinal));
        var error = served.Process.Error;
        (await served.Process.TerminateAsync()).ShouldBe(0);
        seen.Append(served.Process.Output).Append(error);

        seen.ToString().ShouldContain("Unauthorized");
        foreach (var secret in Secrets)
            seen.ToString().ShouldNotContain(secret);
    }

    private static async Task<string> AskAsync(HttpClient client, HttpMethod method, string path, string token, object? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content is null ? null : JsonContent.Create(content) };
        if (token.Length > 0)
            request.Headers.Add("X-Racetrack-Auth", token);
        using var response = await client.SendAsync(request);
        return $"{response.StatusCode} {response.Headers} {await response.Content.ReadAsStringAsync()}";
    }
}
