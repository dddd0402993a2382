using System.Net;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Access;

[Collection(nameof(Processes))]
public sealed class ProfilerAccessTests
{
    private const string Path = "/api/v1/profiler/memory/stats";

    [Fact]
    public async Task Without_tokens_the_profiler_is_for_this_machine()
    {
        await using var host = await HostProcess.StartAsync(nameof(Sleeper), environment: ("MEMORY_PROFILER", "true"));
        (await StatusAsync(host, Path, ("X-Forwarded-For", "10.0.0.1"))).ShouldBe(HttpStatusCode.Forbidden);
        (await StatusAsync(host, Path)).ShouldNotBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Tokens_come_from_the_environment()
    {
        await using var host = await HostProcess.StartAsync(
            nameof(Sleeper), environment: [("MEMORY_PROFILER", "true"), ("JOB_AUTH_TOKENS", "one alice=two")]);
        (await StatusAsync(host, Path)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(host, "/metrics", ("Authorization", "Bearer two"))).ShouldBe(HttpStatusCode.OK);
        host.Output.ShouldNotContain("two");
    }

    private static async Task<HttpStatusCode> StatusAsync(HostProcess host, string path, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient { BaseAddress = host.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}
