using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;

namespace JobRunner.Http;

/// <summary>Finds paths of the host that cannot be reached any more because the job has them too: the job's own win.</summary>
internal static class HiddenPaths
{
    /// <summary>One sentence for each, which names both.</summary>
    public static IEnumerable<string> Of(JobDefinition definition, IEnumerable<IJobRoutes> host)
    {
        var owned = definition.Endpoints
            .Select(endpoint => (
                Method: endpoint.HttpMethod,
                endpoint.Path,
                Owner: $"{endpoint.Method.DeclaringType?.Name}.{endpoint.Method.Name}"))
            .Concat(definition.StaticFiles.Select(file => (Method: HttpMethods.Get, Path: Escape(file.Key), Owner: "StaticEndpoints")))
            .Select(own => (own.Method, own.Path, own.Owner, Pattern: RoutePatternFactory.Parse(JobPaths.Api + own.Path)))
            .ToList();
        foreach (var route in host.Where(routes => routes is not StaticRoutes).SelectMany(routes => routes.Routes()))
        {
            var pattern = RoutePatternFactory.Parse(route.Pattern);
            foreach (var own in owned.Where(own => (route.Method ?? own.Method) == own.Method && Covers(own.Pattern, pattern)))
            {
                yield return $"{own.Owner} is served at {own.Method} {JobPaths.Api}{own.Path}, where the host's own "
                    + $"{own.Method} {route.Pattern.Replace("__", string.Empty, StringComparison.Ordinal)} would be: that one cannot be "
                    + "reached. Choose another path for yours if you need both.";
            }
        }
    }

    // Whether everything that the host's pattern matches is matched by the job's.
    private static bool Covers(RoutePattern own, RoutePattern host)
    {
        var (mine, theirs) = (own.PathSegments, host.PathSegments);
        for (var index = 0; index < theirs.Count; index++)
        {
            if (index == mine.Count)
                return false;
            if (IsCatchAll(mine[index]))
                return true;
            if (!Covers(mine[index], theirs[index]))
                return false;
        }

        return mine.Count == theirs.Count || IsCatchAll(mine[theirs.Count]);
    }

    private static bool Covers(RoutePatternPathSegment mine, RoutePatternPathSegment theirs) => (mine, theirs) switch
    {
        ({ Parts: [RoutePatternParameterPart { ParameterPolicies.Count: 0 }] }, _) => !IsCatchAll(theirs),
        ({ Parts: [RoutePatternLiteralPart own] }, { Parts: [RoutePatternLiteralPart other] }) =>
            string.Equals(own.Content, other.Content, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static bool IsCatchAll(RoutePatternPathSegment segment) => segment.Parts is [RoutePatternParameterPart { IsCatchAll: true }];

    private static string Escape(string path) => path
        .Replace("{", "{{", StringComparison.Ordinal)
        .Replace("}", "}}", StringComparison.Ordinal);
}
