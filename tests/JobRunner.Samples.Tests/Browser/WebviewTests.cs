using System.Net;
using Microsoft.Playwright;

namespace JobRunner.Samples.Tests.Browser;

public sealed class WebviewTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData("/api/v1/webview")]
    [InlineData("/api/v1/webview/")]
    [InlineData("/pub/job/x/latest/api/v1/webview")]
    [InlineData("/pub/job/x/latest/api/v1/webview/")]
    public async Task A_pipeline_of_pages_works_wherever_it_is_mounted(string path)
    {
        await using var server = await SampleServer.StartAsync<PrimeExplorer>("Webview");
        await using var page = await chromium.OpenAsync(new Uri(server.Address, path));
        await page.Page.GetByRole(AriaRole.Spinbutton).FillAsync("5040");
        await page.Page.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Page.Locator("output")).ToHaveTextAsync("5040 = 2 × 2 × 2 × 2 × 3 × 3 × 5 × 7");
        await Assertions.Expect(page.Page.Locator("#history li")).ToHaveTextAsync(["5040"]);
        await Assertions.Expect(page.Page.Locator("button")).ToHaveCSSAsync("background-color", "rgb(29, 79, 115)");
        await page.ShowAsync("webview" + path.Replace('/', '-'));
        page.ShouldBeCleanAndStayAt(server.Address);
    }

    [Theory]
    [InlineData("/api/v1/webview")]
    [InlineData("/pub/job/x/latest/api/v1/webview/")]
    public async Task A_single_delegate_is_a_page_too(string path)
    {
        await using var server = await SampleServer.StartAsync<Dice>("WebviewApp");
        await using var page = await chromium.OpenAsync(new Uri(server.Address, path));
        await page.Page.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Page.Locator("output")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[⚀-⚅] [⚀-⚅]$"));
        await page.ShowAsync("webview-app" + path.Replace('/', '-'));
        page.ShouldBeCleanAndStayAt(server.Address);
    }

    [Fact]
    public async Task A_page_that_does_not_exist_is_not_found()
    {
        await using var server = await SampleServer.StartAsync<PrimeExplorer>("Webview");
        using var response = await server.Client.GetAsync("/api/v1/webview/missing");
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
