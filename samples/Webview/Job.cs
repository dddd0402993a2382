using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

/// <summary>Splits numbers into prime factors, with pages of its own at <c>/api/v1/webview</c>.</summary>
public class PrimeExplorer
{
    private const string Page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>Prime explorer</title>
          <base href="__BASE__/">
          <link rel="icon" href="data:,">
          <link rel="stylesheet" href="assets/page.css">
          <script type="module" src="assets/page.js"></script>
        </head>
        <body>
          <main>
            <h1>Prime explorer</h1>
            <p>Every whole number from 2 on is a product of primes, in one way only.</p>
            <form>
              <label for="number">Number</label>
              <input id="number" name="number" type="number" min="2" max="2147483647" value="5040" required>
              <button>Factor it</button>
            </form>
            <output for="number" aria-live="polite"></output>
            <section aria-labelledby="seen">
              <h2 id="seen">Asked before</h2>
              <ol id="history"></ol>
            </section>
          </main>
        </body>
        </html>
        """;

    private readonly List<int> _asked = [];

    /// <summary>Splits a number into its prime factors.</summary>
    /// <param name="number">A number from 2 on.</param>
    /// <returns>The factors, smallest first.</returns>
    public List<int> Perform(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 2);
        lock (_asked)
            _asked.Add(number);
        var factors = new List<int>();
        for (var divisor = 2; divisor <= number / divisor; divisor++)
        {
            for (; number % divisor == 0 && number > divisor; number /= divisor)
                factors.Add(divisor);
        }

        factors.Add(number);
        return factors;
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { number = 5040 };

    /// <summary>Style sheet and script lie beside the job.</summary>
    public Dictionary<string, string> StaticEndpoints() => new() { ["/webview/assets"] = "assets" };

    /// <summary>The pages: an ASP.NET Core pipeline, with its own routing.</summary>
    public void ConfigureWebview(IApplicationBuilder app, string baseUrl)
    {
        app.UseRouting();
        app.UseEndpoints(pages =>
        {
            pages.MapGet("/", http =>
            {
                http.Response.ContentType = "text/html; charset=utf-8";
                return http.Response.WriteAsync(
                    Page.Replace("__BASE__", http.Request.PathBase.Value, StringComparison.Ordinal));
            });
            pages.MapGet("/history", http =>
            {
                lock (_asked)
                    return http.Response.WriteAsJsonAsync(_asked.TakeLast(10).Reverse().ToList());
            });
        });
    }
}
