using JobRunner.Telemetry.Metrics;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Metrics for Prometheus.</summary>
internal sealed class MetricsRoutes(MetricsExposition exposition) : IJobRoutes
{
    public IEnumerable<JobRoute> Routes()
    {
        yield return new JobRoute("/metrics", HttpMethods.Get, WriteAsync) { Kind = RouteKind.Scrape, Order = 1 };
    }

    private async Task WriteAsync(HttpContext http)
    {
        http.Response.ContentType = MetricsExposition.ContentType;
        await exposition.WriteAsync(http.Response.BodyWriter, http.RequestAborted);
    }
}
