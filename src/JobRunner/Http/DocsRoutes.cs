using System.IO.Compression;
using System.Text;
using JobRunner.Execution;
using JobRunner.Http.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace JobRunner.Http;

/// <summary>Swagger UI and the document that it shows; all of it is in this process, nothing comes from elsewhere.</summary>
internal sealed class DocsRoutes(ServedJob served, HttpSettings settings) : IJobRoutes
{
    // Assets are asked for below the page's own path, whatever prefix a proxy has put before it.
    private static readonly byte[] Page = Encoding.UTF8.GetBytes("""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>API documentation</title>
        </head>
        <body>
        <div id="swagger-ui"></div>
        <script>
        const root = location.pathname.replace(/\/docs\/?$/, '');
        for (const [tag, attributes] of [
          ['link', { rel: 'stylesheet', href: 'swagger-ui.css' }],
          ['link', { rel: 'icon', type: 'image/png', href: 'favicon-32x32.png' }],
        ]) {
          document.head.append(Object.assign(document.createElement(tag), attributes, { href: root + '/docs/' + attributes.href }));
        }
        const script = document.createElement('script');
        script.src = root + '/docs/swagger-ui-bundle.js';
        script.onload = () => {
          window.ui = SwaggerUIBundle({
            url: root + '/openapi.json',
            dom_id: '#swagger-ui',
            deepLinking: true,
            displayRequestDuration: true,
            tryItOutEnabled: true,
            validatorUrl: null,
            onComplete: () => {
              document.title = window.ui.specSelectors.info().get('title') || document.title;
            },
          });
        };
        document.body.append(script);
        </script>
        <noscript>This page needs JavaScript; the document it shows is at openapi.json.</noscript>
        </body>
        </html>
        """);

    private static readonly EmbeddedFileProvider Assets = new(
        typeof(SwaggerUIOptions).Assembly, "Swashbuckle.AspNetCore.SwaggerUI.node_modules.swagger_ui_dist");

    private byte[]? _document;

    public IEnumerable<JobRoute> Routes()
    {
        _document = null;
        yield return new JobRoute("/docs", HttpMethods.Get, ShowPage) { Order = 1 };
        yield return new JobRoute("/docs/{__asset}", HttpMethods.Get, SendAssetAsync) { Order = 1 };
        yield return new JobRoute("/openapi.json", HttpMethods.Get, SendDocument) { Order = 1 };
    }

    private static Task ShowPage(HttpContext http)
    {
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.ContentLength = Page.Length;
        return http.Response.Body.WriteAsync(Page).AsTask();
    }

    private static Task SendAssetAsync(HttpContext http)
    {
        var file = Assets.GetFileInfo(http.Request.RouteValues["__asset"] as string ?? string.Empty);
        if (!file.Exists)
        {
            Refusals.NotFound(http);
            return Task.CompletedTask;
        }

        http.Response.Headers.CacheControl = "public, max-age=3600";
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        return Results.Stream(
            Decoded(http, file.CreateReadStream()),
            StaticFolder.MediaTypeOf(file.Name) ?? StaticFolder.UnknownMediaType).ExecuteAsync(http);
    }

    // The package holds its assets compressed, under their plain names. A client that takes them so gets them so.
    private static Stream Decoded(HttpContext http, Stream asset)
    {
        Span<byte> start = stackalloc byte[2];
        var isCompressed = asset.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start.SequenceEqual<byte>([0x1F, 0x8B]);
        asset.Position = 0;
        if (!isCompressed)
            return asset;
        if (!http.Request.GetTypedHeaders().AcceptEncoding.Any(
            coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality is not 0))
            return new GZipStream(asset, CompressionMode.Decompress);
        http.Response.Headers.ContentEncoding = "gzip";
        return asset;
    }

    private Task SendDocument(HttpContext http)
    {
        JsonResponse.Write(http.Response, _document ??= OpenApiDocument.Create(served.Loaded?.Definition, settings.Identity));
        return Task.CompletedTask;
    }
}
