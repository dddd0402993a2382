using JobRunner.Http;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace JobRunner.Tasks;

/// <summary>Finds the endpoint that a path means.</summary>
internal static class EndpointMatch
{
    public static EndpointDefinition? ByPath(JobDefinition definition, string path) =>
        definition.Endpoints.FirstOrDefault(endpoint => string.Equals(endpoint.Path, path, StringComparison.OrdinalIgnoreCase));

    /// <summary>Matches the path of a request, whose route values are then those of the endpoint.</summary>
    /// <param name="definition">The job.</param>
    /// <param name="http">The request.</param>
    /// <param name="path">Path of the synchronous call, with <c>/api/v1</c>.</param>
    public static EndpointDefinition? ByRequest(JobDefinition definition, HttpContext http, PathString path)
    {
        if (!path.StartsWithSegments(JobPaths.Api, StringComparison.OrdinalIgnoreCase, out var rest))
            return null;
        foreach (var endpoint in definition.Endpoints)
        {
            var values = new RouteValueDictionary();
            if (!new TemplateMatcher(TemplateParser.Parse(endpoint.Path), []).TryMatch(rest, values))
                continue;
            http.Request.RouteValues = values;
            return endpoint;
        }

        return null;
    }
}
