using Microsoft.AspNetCore.Http;

namespace JobRunner.Http.Access;

/// <summary>Lets a request pass, or refuses it, by what its path declares.</summary>
internal sealed class AccessControl(AccessTokens tokens, HttpSettings settings)
{
    private readonly PublicEndpoints _public = new(settings.Manifest.PublicEndpoints);

    /// <summary>Passes a request on if it may pass. A path that nobody declared is guarded like any other, so that its
    /// answer tells nothing.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var access = http.GetEndpoint()?.Metadata.GetMetadata<JobRoute>()?.Access ?? RouteAccess.Token;
        if (access == RouteAccess.Open)
            return next(http);
        var isTokenNeeded = tokens.AreRequired && !_public.Contain(http.Request);
        if (!isTokenNeeded && access == RouteAccess.Token)
            return next(http);
        if (tokens.AreRequired && tokens.Find(http.Request) is not null)
            return next(http);
        if (isTokenNeeded)
            Refusals.Unauthorized(http, AccessTokens.IsPresented(http.Request));
        else if (LocalCaller.Sent(http.Request))
            return next(http);
        else
            Refusals.Forbidden(http);
        return Task.CompletedTask;
    }
}
