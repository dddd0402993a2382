using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace JobRunner.Samples.Tests.Browser;

/// <summary>A page that remembers what it asked for and what went wrong in it.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentQueue<string> _errors = new();

    public WatchedPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        context.Request += (_, request) => _requests.Enqueue(request.Url);
        context.Response += (_, response) =>
        {
            if (response.Status >= 400)
                _errors.Enqueue($"{response.Status} {response.Url}");
        };
        page.PageError += (_, error) => _errors.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _errors.Enqueue($"{message.Type}: {message.Text} {message.Location}");
        };
    }

    public IPage Page { get; }

    public Task GoToAsync(Uri address) => Page.GotoAsync(address.ToString());

    /// <summary>Nothing was asked of anybody but the server, and nothing went wrong.</summary>
    public void ShouldBeCleanAndStayAt(Uri server)
    {
        _requests.ShouldNotBeEmpty();
        _requests.ShouldAllBe(url => url.StartsWith(server.ToString(), StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal));
        _errors.ShouldBeEmpty();
    }

    /// <summary>Saves a picture into the folder that <c>SCREENSHOTS</c> names, for whoever wants to look.</summary>
    public async Task ShowAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
