using JobRunner.Http.Access;
using JobRunner.Telemetry.Profiler;

namespace JobRunner.Http;

/// <summary>The profilers, where the host was asked for them.</summary>
internal sealed class ProfilerRoutes(JobProfiler profiler) : IJobRoutes
{
    public IEnumerable<JobRoute> Routes() => ProfilerEndpoints.Of(profiler)
        .Select(endpoint => new JobRoute($"{JobPaths.Api}/profiler/{endpoint.Path}", endpoint.Method, endpoint.Handler)
        {
            Access = RouteAccess.TokenOrLocal,

            // A path of the job's own wins.
            Order = 1,
        });
}
