using JobRunner.Execution;
using JobRunner.Jobs;
using JobRunner.Http.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Primitives;

namespace JobRunner.Http;

/// <summary>Gives routing the paths of a host, anew when the job has loaded.</summary>
internal sealed class JobEndpointDataSource : EndpointDataSource, IDisposable
{
    private readonly IReadOnlyList<IJobRoutes> _sources;
    private readonly RequestFrame? _frame;
    private readonly AccessControl? _access;
    private readonly Lock _lock = new();
    private CancellationTokenSource _change = new();
    private IReadOnlyList<Endpoint>? _endpoints;

    /// <param name="served">The job; its loading changes the paths.</param>
    /// <param name="sources">What gives the paths.</param>
    /// <param name="frame">Wrapped around every path; null where a middleware does it for the whole server.</param>
    /// <param name="access">Guards every path; null where a middleware does it for the whole server.</param>
    public JobEndpointDataSource(
        ServedJob served, IEnumerable<IJobRoutes> sources, RequestFrame? frame, AccessControl? access)
    {
        _access = access;
        _sources = [.. sources];
        _frame = frame;
        served.Changed += OnChanged;
    }

    public override IReadOnlyList<Endpoint> Endpoints
    {
        get
        {
            lock (_lock)
                return _endpoints ??= Build();
        }
    }

    public override IChangeToken GetChangeToken()
    {
        lock (_lock)
            return new CancellationChangeToken(_change.Token);
    }

    public void Dispose() => _change.Dispose();

    private void OnChanged()
    {
        CancellationTokenSource change;
        lock (_lock)
        {
            _endpoints = null;
            change = _change;
            _change = new CancellationTokenSource();
        }

        change.Cancel();
        change.Dispose();
    }

    private List<Endpoint> Build()
    {
        var endpoints = new List<Endpoint>();
        var routes = _sources.SelectMany(source => source.Routes()).ToList();
        foreach (var route in routes.Concat(WrongMethods(routes)))
        {
            foreach (var prefix in route.IsPrefixed ? JobPaths.Prefixes : [string.Empty])
                endpoints.Add(Build(route, prefix));
        }

        return endpoints;
    }

    // Whoever may read a page may ask for its headers alone; a call would run for nothing.
    private static string[] MethodsOf(JobRoute route) => route.Kind != RouteKind.Call && route.Method == HttpMethods.Get
        ? [HttpMethods.Get, HttpMethods.Head]
        : [route.Method!];

    // Routing would answer a wrong method with a bare status; in an application of others nobody would explain it.
    private static IEnumerable<JobRoute> WrongMethods(List<JobRoute> routes)
    {
        foreach (var path in routes.GroupBy(route => EndpointDiscovery.MatchedBy(route.Pattern), StringComparer.Ordinal))
        {
            if (path.Any(route => route.Method is null))
                continue;
            var allowed = string.Join(", ", path.SelectMany(MethodsOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
            yield return path.First() with
            {
                Method = null,
                Order = int.MaxValue - 1,
                Handler = http =>
                {
                    http.Response.Headers.Allow = allowed;
                    Refusals.MethodNotAllowed(http);
                    return Task.CompletedTask;
                },
            };
        }
    }

    private RouteEndpoint Build(JobRoute route, string prefix)
    {
        RequestDelegate guarded = _access is null ? route.Handler : http => _access.InvokeAsync(http, route.Handler);
        RequestDelegate handler = _frame is null ? guarded : http => _frame.InvokeAsync(http, guarded);
        var pattern = RoutePatternFactory.Parse(prefix + route.Pattern);
        var builder = new RouteEndpointBuilder(handler, pattern, route.Order)
        {
            DisplayName = $"{route.Method ?? "ANY"} {prefix}{route.Pattern}",
            Metadata = { route },
        };
        if (route.Method is not null)
            builder.Metadata.Add(new HttpMethodMetadata(MethodsOf(route)));
        return (RouteEndpoint)builder.Build();
    }
}
