using Microsoft.Playwright;

namespace JobRunner.Samples.Tests.Browser;

public sealed class SwaggerUiTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData("/docs")]
    [InlineData("/docs/")]
    [InlineData("/pub/job/x/latest/docs")]
    [InlineData("/pub/job/x/latest/docs/")]
    public async Task The_documentation_calls_the_job_and_asks_nobody_else(string path)
    {
        await using var server = await SampleServer.StartAsync<Job>("Primer");
        await using var page = await chromium.OpenAsync(new Uri(server.Address, path));
        var operation = page.Page.Locator("#operations-API-perform");
        await operation.Locator(".opblock-summary-control").ClickAsync();
        await operation.GetByRole(AriaRole.Button, new() { Name = "Execute" }).ClickAsync();
        var answer = operation.Locator(".live-responses-table .response").First;
        await Assertions.Expect(answer.Locator(".response-col_status")).ToContainTextAsync("200");
        await Assertions.Expect(answer.Locator(".response-col_description pre").First).ToContainTextAsync("true");
        (await page.Page.TitleAsync()).ShouldBe("Job - primer");
        await page.ShowAsync("swagger-ui" + path.Replace('/', '-'));
        page.ShouldBeCleanAndStayAt(server.Address);
    }

    [Fact]
    public async Task Comments_of_the_source_are_shown()
    {
        await using var server = await SampleServer.StartAsync<FlatPrice>("AuxiliaryEndpoints");
        await using var page = await chromium.OpenAsync(new Uri(server.Address, "/docs"));
        await Assertions.Expect(page.Page.Locator(".info")).ToContainTextAsync("Estimates the price of a flat");
        var rent = page.Page.Locator("#operations-API-auxiliary_endpoint__rent__price__get");
        await rent.Locator(".opblock-summary-control").ClickAsync();
        await Assertions.Expect(rent).ToContainTextAsync("Years after which the rents have paid the price.");
        await page.ShowAsync("swagger-ui-comments");
        page.ShouldBeCleanAndStayAt(server.Address);
    }
}
