using System.Net;

namespace JobRunner.Samples.Tests;

public sealed class StaticEndpointsTests
{
    [Theory]
    [InlineData("/logo.svg", "image/svg+xml", "logo.svg")]
    [InlineData("/cities", "text/tab-separated-values", "cities.tsv")]
    [InlineData("/guide/index.html", "text/html", "pages/index.html")]
    [InlineData("/guide/guide.css", "text/css", "pages/guide.css")]
    public async Task A_file_is_served_as_it_is(string path, string mediaType, string file)
    {
        await using var server = await SampleServer.StartAsync<CityGuide>("StaticEndpoints");
        using var response = await server.Client.GetAsync("/api/v1" + path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType?.MediaType.ShouldBe(mediaType);
        (await response.Content.ReadAsStringAsync())
            .ShouldBe(await File.ReadAllTextAsync(SampleServer.FileOf("StaticEndpoints", file)));
    }

    [Theory]
    [InlineData("/guide/missing.html")]
    [InlineData("/guide/..%2fjob.yaml")]
    public async Task Nothing_but_the_folder_is_served(string path)
    {
        await using var server = await SampleServer.StartAsync<CityGuide>("StaticEndpoints");
        using var response = await server.Client.GetAsync("/api/v1" + path);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_unknown_city_is_not_found()
    {
        await using var server = await SampleServer.StartAsync<CityGuide>("StaticEndpoints");
        using var response = await server.CallAsync("/perform", new { city = "Atlantis" });
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Atlantis");
    }
}
