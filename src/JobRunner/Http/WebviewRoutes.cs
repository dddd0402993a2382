using JobRunner.Execution;
using JobRunner.Jobs;
using JobRunner.Manifest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Http;

/// <summary>A job's own web pages.</summary>
internal sealed class WebviewRoutes(ServedJob served) : IJobRoutes
{
    private const string Root = JobPaths.Api + "/webview";

    public IEnumerable<JobRoute> Routes()
    {
        if (served.Loaded is not { Webview: { } app } job)
            yield break;
        yield return new JobRoute(Root + "/{**__page}", Method: null, http => InvokeAsync(http, app, job.Services)) { Order = 1 };
    }

    /// <summary>Builds the pages; null where the job has none.</summary>
    /// <exception cref="JobLoadException">The job returned something else than pages.</exception>
    public static RequestDelegate? CreateApp(LoadedJob job, JobIdentity identity)
    {
        var baseUrl = identity.BaseUrl + Root;
        if (job.Definition.ConfigureWebview is { } configure)
        {
            var builder = new ApplicationBuilder(job.Services);
            OptionalMembers.Invoke(job.Instance, configure, builder, baseUrl);
            return builder.Build();
        }

        if (job.Definition.WebviewApp is not { } create)
            return null;
        return OptionalMembers.Invoke(job.Instance, create, baseUrl) switch
        {
            null => null,
            RequestDelegate app => app,
            var other => throw new JobLoadException($"WebviewApp must return a RequestDelegate, not {TypeNames.Of(other.GetType())}."),
        };
    }

    private static async Task InvokeAsync(HttpContext http, RequestDelegate app, IServiceProvider services)
    {
        var (pathBase, path, outer, endpoint) =
            (http.Request.PathBase, http.Request.Path, http.RequestServices, http.GetEndpoint());
        var root = JobPaths.PrefixOf(http.Request).Value + Root;
        await using var scope = services.CreateAsyncScope();
        http.Request.PathBase = pathBase.Add(path.Value![..root.Length]);
        http.Request.Path = path.Value.Length == root.Length ? "/" : path.Value[root.Length..];

        // The pages may have routing of their own, which would otherwise find this route chosen already.
        http.SetEndpoint(null);
        http.Request.RouteValues = new RouteValueDictionary();
        http.RequestServices = scope.ServiceProvider;
        try
        {
            await app(http);
        }
        finally
        {
            (http.Request.PathBase, http.Request.Path, http.RequestServices) = (pathBase, path, outer);
            http.SetEndpoint(endpoint);
        }
    }
}
