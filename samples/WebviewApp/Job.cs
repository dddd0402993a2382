using Microsoft.AspNetCore.Http;

/// <summary>Throws dice, with a page of its own at <c>/api/v1/webview</c>.</summary>
public class Dice
{
    private const string Page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>Dice</title>
          <link rel="icon" href="data:,">
          <style>
            body { display: grid; place-items: center; min-height: 90vh; margin: 0; font: 1.25rem/1.5 system-ui, sans-serif; }
            output { display: block; font-size: 5rem; text-align: center; min-height: 1.5em; }
            button { font: inherit; padding: .5em 1.5em; border: 0; border-radius: .4em; color: #fff; background: #1d4f73; cursor: pointer; }
          </style>
        </head>
        <body>
          <main>
            <output aria-live="polite"></output>
            <button>Throw two dice</button>
          </main>
          <script>
            document.querySelector('button').addEventListener('click', async () => {
              const answer = await fetch('__API__/perform', {
                method: 'POST',
                headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ count: 2 }),
              });
              const points = await answer.json();
              document.querySelector('output').textContent = points.map(point => '⚀⚁⚂⚃⚄⚅'[point - 1]).join(' ');
            });
          </script>
        </body>
        </html>
        """;

    /// <summary>Throws dice.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The points of each.</returns>
    public int[] Perform(int count = 1) => [.. Enumerable.Range(0, count).Select(_ => Random.Shared.Next(1, 7))];

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { count = 2 };

    /// <summary>The page, wherever a gateway has put it: the request's base path says where that is.</summary>
    public RequestDelegate WebviewApp(string baseUrl) => async http =>
    {
        var api = http.Request.PathBase.Value![..^"/webview".Length];
        http.Response.ContentType = "text/html; charset=utf-8";
        await http.Response.WriteAsync(Page.Replace("__API__", api, StringComparison.Ordinal));
    };
}
