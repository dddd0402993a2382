using Microsoft.AspNetCore.Http;

namespace JobRunner.Jobs;

/// <summary>What the host knows of a call, for the parameters that are not taken from its payload.</summary>
/// <param name="Services">Provider of <c>[FromServices]</c> parameters.</param>
/// <param name="HttpContext">The HTTP request; null for a call that came from elsewhere.</param>
/// <param name="JobContext">The call's context; null where no parameter asks for it.</param>
/// <param name="CancellationToken">Token of the call.</param>
internal readonly record struct BindingContext(
    IServiceProvider? Services,
    HttpContext? HttpContext,
    JobContext? JobContext,
    CancellationToken CancellationToken);
