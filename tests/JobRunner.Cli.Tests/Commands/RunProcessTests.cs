using System.Net;
using System.Net.Http.Json;

namespace JobRunner.Cli.Tests.Commands;

public sealed class RunProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_served_until_the_process_is_asked_to_end()
    {
        _folder.Write("Job.cs", "public class Job { public double Perform(double a, double b) => a + b; }");
        await using var process = JobRunnerProcess.Start(
            ["Job.cs", "--port", "0", "--host", "127.0.0.1"], _folder.Path);
        using var client = new HttpClient { BaseAddress = await process.AddressAsync() };
        (await WhenAnsweredAsync(client, "/ready", HttpStatusCode.OK)).ShouldNotBeNull();

        using var response = await client.PostAsJsonAsync("/api/v1/perform", new { a = 1, b = 2.5 });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("3.5");
        (await process.TerminateAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_job_that_does_not_compile_stays_up_and_tells_why()
    {
        _folder.Write("Job.cs", "public class Job\n{\n    public int Perform() => missing;\n}\n");
        await using var process = JobRunnerProcess.Start(
            ["run", "Job.cs", "--port", "0", "--host", "127.0.0.1"], _folder.Path);
        using var client = new HttpClient { BaseAddress = await process.AddressAsync() };

        var body = await WhenAnsweredAsync(client, "/live", HttpStatusCode.InternalServerError);

        body.ShouldContain("Job.cs:3: The name 'missing' does not exist in the current context");
        (await process.TerminateAsync()).ShouldBe(0);
    }

    private static async Task<string> WhenAnsweredAsync(HttpClient client, string path, HttpStatusCode status)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            using var response = await client.GetAsync(path, deadline.Token);
            if (response.StatusCode == status)
                return await response.Content.ReadAsStringAsync(deadline.Token);
            await Task.Yield();
        }
    }
}
