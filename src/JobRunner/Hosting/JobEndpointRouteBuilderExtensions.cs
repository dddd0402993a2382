using JobRunner.Execution;
using JobRunner.Http;
using JobRunner.Http.Access;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner;

/// <summary>Serves a job in an application.</summary>
public static class JobEndpointRouteBuilderExtensions
{
    /// <summary>Maps the paths of the job that <see cref="JobServiceCollectionExtensions.AddJob{TJob}"/> added:
    /// <c>/api/v1/…</c>, probes, metrics and documentation, at the root and under <c>/pub/job/{name}/{version}</c>.
    /// Paths of the application itself win.</summary>
    /// <param name="endpoints">Routes of the application.</param>
    /// <exception cref="InvalidOperationException">No job was added.</exception>
    public static IEndpointRouteBuilder MapJob(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        var frame = services.GetService<RequestFrame>()
            ?? throw new InvalidOperationException("Add a job first: builder.Services.AddJob<Job>().");
        endpoints.DataSources.Add(CreateDataSource(
            services, ownsServer: false, frame, services.GetRequiredService<AccessControl>()));
        return endpoints;
    }

    /// <summary>Probes and metrics alone.</summary>
    internal static JobEndpointDataSource CreateProbeDataSource(IServiceProvider services) => new(
        services.GetRequiredService<ServedJob>(),
        services.GetServices<IJobRoutes>().Where(routes => routes is HealthRoutes or MetricsRoutes),
        frame: null,
        access: null);

    internal static JobEndpointDataSource CreateDataSource(
        IServiceProvider services, bool ownsServer, RequestFrame? frame = null, AccessControl? access = null)
    {
        var served = services.GetRequiredService<ServedJob>();
        var calls = new CallRoutes(served, services.GetRequiredService<HttpSettings>(), ownsServer, services.GetService<IAsyncCalls>());
        return new JobEndpointDataSource(served, [.. services.GetServices<IJobRoutes>(), calls], frame, access);
    }
}
