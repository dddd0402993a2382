using JobRunner.Execution;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>The job's own endpoints, and the refusal of everything while there are none.</summary>
internal sealed class CallRoutes(ServedJob served, HttpSettings settings, bool ownsServer, IAsyncCalls? asyncCalls) : IJobRoutes
{
    public IEnumerable<JobRoute> Routes()
    {
        if (served is { Loaded: { } job, Pipeline: { } pipeline })
        {
            foreach (var endpoint in job.Definition.Endpoints)
            {
                var handler = new CallHandler(job, pipeline, served, endpoint, settings);
                yield return new JobRoute(JobPaths.Api + endpoint.Path, endpoint.HttpMethod, Or(handler.HandleAsync))
                {
                    Kind = RouteKind.Call,
                };
            }

            yield break;
        }

        yield return NotYet(JobPaths.Api + "/{**path}");
        if (ownsServer)
            yield return NotYet("/{**path}") with { IsPrefixed = false };
    }

    private JobRoute NotYet(string pattern) => new(pattern, Method: null, Or(http =>
    {
        Refusals.Loading(http, served);
        return Task.CompletedTask;
    }))
    {
        Kind = RouteKind.Call,
        Order = int.MaxValue,
    };

    private RequestDelegate Or(RequestDelegate handler) => asyncCalls is null
        ? handler
        : http => asyncCalls.IsAsked(http.Request) ? asyncCalls.AcceptAsync(http) : handler(http);
}
