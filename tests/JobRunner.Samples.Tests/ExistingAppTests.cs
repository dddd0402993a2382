using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Samples.Tests;

public sealed class ExistingAppTests
{
    [Fact]
    public async Task A_job_joins_the_application_and_takes_its_services()
    {
        await using var app = new ExistingApp();
        using var client = await app.StartAsync();
        using var response = await client.PostAsJsonAsync("/api/v1/perform", new { name = "Ada", language = "fr" });
        (await response.Content.ReadFromJsonAsync<string>()).ShouldBe("Bonjour, Ada!");
    }

    [Theory]
    [InlineData("/languages", "[\"en\",\"fr\",\"cs\"]")]
    [InlineData("/pub/job/greeter/latest/ready", "{\"ready\":true}")]
    public async Task Paths_of_the_application_and_of_the_job_are_side_by_side(string path, string body)
    {
        await using var app = new ExistingApp();
        using var client = await app.StartAsync();
        (await client.GetStringAsync(path)).ShouldBe(body);
    }

    [Fact]
    public async Task What_the_job_throws_has_its_own_status()
    {
        await using var app = new ExistingApp();
        using var client = await app.StartAsync();
        using var response = await client.PostAsJsonAsync("/api/v1/perform", new { name = "Ada", language = "xx" });
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private sealed class ExistingApp : WebApplicationFactory<Program>
    {
        public async Task<HttpClient> StartAsync()
        {
            UseKestrel(port: 0);
            StartServer();
            await Services.GetRequiredService<Execution.ServedJob>().WhenReady.WaitAsync(TimeSpan.FromSeconds(30));
            return CreateClient();
        }
    }
}
