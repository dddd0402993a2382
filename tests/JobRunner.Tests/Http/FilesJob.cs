using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Http;

/// <summary>Files, pages, metrics, health and listed endpoints.</summary>
public sealed class FilesJob : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory();

    public FilesJob()
    {
        Write("outside.txt", "secret");
        Write("site/index.html", "<p>index</p>");
        Write("site/sub/a b.txt", "spaced");
        Write("site/sub/data.unknownext", "unknown");
        Write("site/%2e%2e", "odd name");
        Write("site/12:30.txt", "noon");
        Write("site-other/x.txt", "secret");
        File.CreateSymbolicLink(Path.Combine(Site, "link-inside.txt"), Path.Combine(Site, "sub/a b.txt"));
        File.CreateSymbolicLink(Path.Combine(Site, "link-outside.txt"), Path.Combine(_root.FullName, "outside.txt"));
        File.CreateSymbolicLink(Path.Combine(Site, "link-relative.txt"), "../outside.txt");
        File.CreateSymbolicLink(Path.Combine(Site, "loop"), "loop");
        Directory.CreateSymbolicLink(Path.Combine(Site, "link-folder"), _root.FullName);
        Directory.CreateSymbolicLink(Path.Combine(Site, "link-other"), Path.Combine(_root.FullName, "site-other"));
    }

    public string? Sick { get; set; }

    private string Site => Path.Combine(_root.FullName, "site");

    public int Perform() => 1;

    public Dictionary<string, object> StaticEndpoints() => new()
    {
        ["/site"] = Site,
        ["style.css"] = Write("style.css", "p{}"),
        ["/manual/read me"] = new StaticFile(Write("readme", "manual"), "text/markdown"),
        ["/binary"] = Write("file.unknownext", "x"),
    };

    public IEnumerable<EndpointConfig> AuxiliaryEndpoints() =>
    [
        new("listed", (int value) => value + 1),
        new("/listed", () => "got", "get"),
        new("/multiply/{factor:int}", (int factor, int value) => factor * value, Summary: "Multiplies", Tags: ["Sums"]),
    ];

    public void ConfigureWebview(IApplicationBuilder app, string baseUrl)
    {
        app.UseRouting();
        app.UseEndpoints(endpoints => endpoints.MapGet("/routed/{id}", (int id) => $"routed {id}"));
        app.Run(http => http.Response.WriteAsync($"{baseUrl}|{http.Request.Method}|{http.Request.PathBase}|{http.Request.Path}|{http.Request.QueryString}"));
    }

    public IEnumerable<JobMetric?> Metrics() => [new("job_answers", 42, "Answers"), new("job_nothing", null), new("", 1)];

    public Task<string?> CheckHealthAsync(CancellationToken cancellationToken) => Task.FromResult(Sick);

    public void Dispose() => _root.Delete(recursive: true);

    private string Write(string name, string content)
    {
        var path = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }
}

/// <summary>The other spelling of a web view.</summary>
public class DelegateWebviewJob
{
    public int Perform() => 1;

    public RequestDelegate WebviewApp(string baseUrl) => http => http.Response.WriteAsync($"{baseUrl}|{http.Request.Path}");

    public IEnumerable<JobMetric> Metrics() => throw new InvalidOperationException("no metrics");

    public Task<bool> CheckHealthAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("ill");
}
