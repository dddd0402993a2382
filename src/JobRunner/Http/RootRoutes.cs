using System.Text.Json;
using System.Text.Json.Nodes;
using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>The home page's redirect, the redirect of the bare prefix, and the list of parameters.</summary>
internal sealed class RootRoutes(ServedJob served, HttpSettings settings) : IJobRoutes
{
    public IEnumerable<JobRoute> Routes()
    {
        yield return new JobRoute("/", HttpMethods.Get, Home) { Order = 1 };
        if (served.Loaded is { } job)
            yield return new JobRoute(JobPaths.Api + "/parameters", HttpMethods.Get, Parameters(job.Definition)) { Order = 1 };
    }

    private Task Home(HttpContext http)
    {
        var request = http.Request;
        if (JobPaths.PrefixOf(request) == request.Path)
        {
            Redirect(http, request.PathBase + request.Path + "/" + request.QueryString);
        }
        else if (served.Loaded is null)
        {
            Refusals.Loading(http, served);
        }
        else
        {
            Redirect(http, settings.Identity.BaseUrl + Encoded(settings.Manifest.Extra.HomePage));
        }

        return Task.CompletedTask;
    }

    private static void Redirect(HttpContext http, string location)
    {
        http.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        http.Response.Headers.Location = location;
    }

    // A header takes ASCII only.
    private static string Encoded(string path) =>
        Uri.TryCreate($"http://localhost/{path.TrimStart('/')}", UriKind.Absolute, out var uri)
            ? uri.PathAndQuery + uri.Fragment
            : Uri.EscapeDataString(path);

    private static RequestDelegate Parameters(JobDefinition definition)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(ParameterList.Of(definition), HostJson.Options);
        return http =>
        {
            JsonResponse.Write(http.Response, json);
            return Task.CompletedTask;
        };
    }
}

/// <summary>Lists the arguments of <c>Perform</c>, required ones first.</summary>
internal static class ParameterList
{
    public static JsonArray Of(JobDefinition definition)
    {
        var list = new JsonArray();
        foreach (var parameter in definition.Perform.Parameters
            .Where(parameter => parameter.IsArgument && parameter.Source != ParameterSource.ExtraArguments)
            .OrderBy(parameter => parameter.IsOptional))
        {
            var item = new JsonObject { ["name"] = parameter.Name, ["type"] = parameter.TypeName };
            if (parameter.IsOptional)
                item["default_value"] = parameter.DefaultJson(definition.JsonOptions);
            list.Add(item);
        }

        return list;
    }
}
