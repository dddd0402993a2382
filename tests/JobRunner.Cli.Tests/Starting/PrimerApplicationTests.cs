using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace JobRunner.Cli.Tests.Starting;

/// <summary>The sample's own <c>Main</c>, hosted by ASP.NET Core's test server.</summary>
public sealed class PrimerApplicationTests : IClassFixture<PrimerApplicationTests.Application>
{
    private readonly HttpClient _client;

    public PrimerApplicationTests(Application application) =>
        _client = application.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });

    [Theory]
    [InlineData(7907, true)]
    [InlineData(7908, false)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(-7, false)]
    [InlineData(int.MaxValue, true)]
    public async Task A_number_is_checked(int number, bool isPrime)
    {
        await WhenReadyAsync();

        using var response = await _client.PostAsJsonAsync("/api/v1/perform", new { number });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadFromJsonAsync<bool>()).ShouldBe(isPrime);
    }

    [Fact]
    public async Task The_manifest_beside_the_program_names_the_job()
    {
        await WhenReadyAsync();

        var health = await _client.GetFromJsonAsync<JsonElement>("/health");

        health.GetProperty("job_name").GetString().ShouldBe("primer");
        health.GetProperty("job_version").GetString().ShouldBe("1.0.0");
        health.GetProperty("status").GetString().ShouldBe("pass");
    }

    private async Task WhenReadyAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await _client.GetAsync("/ready", deadline.Token)).StatusCode != HttpStatusCode.OK)
            await Task.Yield();
    }

    public sealed class Application : WebApplicationFactory<Job>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder.UseContentRoot(AppContext.BaseDirectory);
    }
}
