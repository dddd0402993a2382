using System.Text.Json.Nodes;
using JobRunner.Execution;
using JobRunner.Http.Access;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Liveness, readiness and health.</summary>
internal sealed class HealthRoutes(ServedJob served, JobHealth health, HttpSettings settings) : IJobRoutes
{
    public IEnumerable<JobRoute> Routes()
    {
        yield return Probe("/live", LiveAsync);
        yield return Probe("/ready", ReadyAsync);
        yield return Probe("/health", HealthAsync);
    }

    private static JobRoute Probe(string path, RequestDelegate handler) =>
        new(path, HttpMethods.Get, handler) { Kind = RouteKind.Probe, Access = RouteAccess.Open, Order = 1 };

    private Task LiveAsync(HttpContext http)
    {
        var body = new JsonObject
        {
            ["live"] = served.IsLive,
            ["deployment_timestamp"] = Variable("JOB_DEPLOYMENT_TIMESTAMP"),
        };
        if (served.Error is { } error)
            body["error"] = error;
        JsonResponse.Write(http.Response, Status(served.IsLive), body);
        return Task.CompletedTask;
    }

    private async Task ReadyAsync(HttpContext http)
    {
        var isReady = served.IsReady && await health.CheckAsync(http.RequestAborted) is null;
        JsonResponse.Write(http.Response, Status(isReady), new JsonObject { ["ready"] = isReady });
    }

    private async Task HealthAsync(HttpContext http)
    {
        var error = served.Error ?? (served.IsReady ? await health.CheckAsync(http.RequestAborted) : null);
        var isReady = served.IsReady && error is null;
        var body = new JsonObject
        {
            ["service"] = "job",
            ["job_name"] = settings.Identity.Name,
            ["live"] = served.IsLive,
            ["ready"] = isReady,
            ["status"] = isReady ? "pass" : "fail",
            ["error"] = error,
            ["job_version"] = settings.Identity.Version,
            ["git_version"] = Variable("GIT_VERSION"),
            ["deployed_by_racetrack_version"] = Variable("DEPLOYED_BY_RACETRACK_VERSION"),
            ["deployment_timestamp"] = Variable("JOB_DEPLOYMENT_TIMESTAMP"),
            ["job_type_version"] = Variable("JOB_TYPE_VERSION"),
        };
        if (health.Queues?.Invoke() is { Count: > 0 } queues)
        {
            body["queues"] = new JsonObject(
                queues.Select(queue => KeyValuePair.Create(queue.Key, (JsonNode?)(queue.Value ? "up" : "down"))));
        }

        JsonResponse.Write(http.Response, Status(served.IsLive && isReady), body);
    }

    private string? Variable(string name) => settings.Environment(name);

    private static int Status(bool isGood) => isGood ? StatusCodes.Status200OK : StatusCodes.Status500InternalServerError;
}
