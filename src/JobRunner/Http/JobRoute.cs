using JobRunner.Http.Access;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>One path that a host answers, before prefixes.</summary>
/// <param name="Pattern">Route pattern with its leading slash.</param>
/// <param name="Method">HTTP method; null for every method.</param>
/// <param name="Handler">What answers.</param>
internal sealed record JobRoute(string Pattern, string? Method, RequestDelegate Handler)
{
    /// <summary>Whether the path is also served under the prefixes of gateways.</summary>
    public bool IsPrefixed { get; init; } = true;

    /// <summary>Lower wins where two routes match one path equally well.</summary>
    public int Order { get; init; }

    /// <summary>What the path is for; logs go by it.</summary>
    public RouteKind Kind { get; init; } = RouteKind.Other;

    /// <summary>Who may use the path.</summary>
    public RouteAccess Access { get; init; } = RouteAccess.Token;
}

/// <summary>What a path is for.</summary>
internal enum RouteKind
{
    /// <summary>Documentation, files, pages.</summary>
    Other,

    /// <summary>A call of the job.</summary>
    Call,

    /// <summary>Liveness, readiness, health.</summary>
    Probe,

    /// <summary>Metrics.</summary>
    Scrape,
}
