using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Execution;

/// <summary>A job that is ready for calls.</summary>
/// <param name="Instance">The one instance that serves all calls.</param>
/// <param name="Definition">What reflection found in its class.</param>
/// <param name="Services">Provider of its services.</param>
internal sealed record LoadedJob(object Instance, JobDefinition Definition, IServiceProvider Services)
{
    /// <summary>The job's own web pages, where it has some.</summary>
    public RequestDelegate? Webview { get; init; }
}
