using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;

namespace JobRunner.Http;

/// <summary>The files that a job serves, and the <c>static</c> folder of a web view.</summary>
internal sealed partial class StaticRoutes(ServedJob served, HttpSettings settings, ILogger logger) : IJobRoutes
{
    private const int WarnedFiles = 1000;

    public IEnumerable<JobRoute> Routes()
    {
        if (served.Loaded is not { } job)
            yield break;
        foreach (var (path, file) in job.Definition.StaticFiles)
        {
            var resolved = settings.Manifest.ResolvePath(file.Path);
            var pattern = JobPaths.Api + Escape(path);
            if (Directory.Exists(resolved))
            {
                var folder = new StaticFolder(resolved);
                foreach (var unknown in folder.Files(WarnedFiles).Where(name => StaticFolder.MediaTypeOf(name) is null))
                    UnknownMediaType(logger, unknown, StaticFolder.UnknownMediaType);
                yield return FolderRoute(pattern, folder);
            }
            else
            {
                var type = file.MediaType ?? StaticFolder.MediaTypeOf(resolved);
                if (type is null)
                    UnknownMediaType(logger, resolved, StaticFolder.UnknownMediaType);
                yield return new JobRoute(pattern, HttpMethods.Get, http => SendAsync(
                    http, OpenFile(resolved), type ?? StaticFolder.UnknownMediaType));
            }
        }

        var shared = Path.GetFullPath("static");
        if (Directory.Exists(shared))
            yield return FolderRoute(JobPaths.Api + "/webview/static", new StaticFolder(shared));
    }

    /// <summary>Checks what can be checked before the job is ready.</summary>
    /// <exception cref="JobLoadException">A file does not exist, or its path is an endpoint's too.</exception>
    public static void Check(LoadedJob job, JobManifest manifest)
    {
        var taken = job.Definition.Endpoints.ToDictionary(
            endpoint => $"{endpoint.HttpMethod} {EndpointDiscovery.MatchedBy(endpoint.Path)}", endpoint => endpoint.Method.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var (path, file) in job.Definition.StaticFiles)
        {
            if (path == "/")
                throw new JobLoadException("StaticEndpoints: the path of a static endpoint must not be empty.");
            CheckPath(path);
            var resolved = manifest.ResolvePath(file.Path);
            if (!File.Exists(resolved) && !Directory.Exists(resolved))
                throw new JobLoadException($"StaticEndpoints: {path} stands for {file.Path}, which does not exist (looked for {resolved}).");
            if (!taken.TryAdd($"GET {path}", "StaticEndpoints"))
                throw new JobLoadException($"The path {path} is defined twice, by {taken[$"GET {path}"]} and by StaticEndpoints; change one.");
        }
    }

    private static void CheckPath(string path)
    {
        try
        {
            RoutePatternFactory.Parse(Escape(path));
        }
        catch (RoutePatternException exception)
        {
            throw new JobLoadException($"StaticEndpoints: \"{path[1..]}\" is no valid path: {exception.Message}", exception);
        }
    }

    private static JobRoute FolderRoute(string pattern, StaticFolder folder) =>
        new(pattern + "/{**__file}", HttpMethods.Get, http =>
        {
            var stream = folder.Open(http.Request.RouteValues["__file"] as string ?? string.Empty);
            var type = stream is null ? null : StaticFolder.MediaTypeOf(stream.Name);
            return SendAsync(http, stream, type ?? StaticFolder.UnknownMediaType);
        });

    private static FileStream? OpenFile(string path)
    {
        try
        {
            return new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Task SendAsync(HttpContext http, FileStream? stream, string mediaType)
    {
        if (stream is null)
        {
            Refusals.NotFound(http);
            return Task.CompletedTask;
        }

        http.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.Stream(
            stream, WithCharset(mediaType), lastModified: new DateTimeOffset(File.GetLastWriteTimeUtc(stream.SafeFileHandle)), enableRangeProcessing: true).ExecuteAsync(http);
    }

    // Text without a charset is taken for another than UTF-8 by many clients.
    private static string WithCharset(string mediaType) =>
        mediaType.StartsWith("text/", StringComparison.OrdinalIgnoreCase) && !mediaType.Contains("charset", StringComparison.OrdinalIgnoreCase)
            ? mediaType + "; charset=utf-8"
            : mediaType;

    private static string Escape(string path) => path
        .Replace("{", "{{", StringComparison.Ordinal)
        .Replace("}", "}}", StringComparison.Ordinal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The media type of {File} is unknown; it is served as {MediaType}")]
    private static partial void UnknownMediaType(ILogger logger, string file, string mediaType);
}
