using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>Takes calls whose callers do not want to wait for the answer.</summary>
internal interface IAsyncCalls
{
    /// <summary>Whether a request asks for that.</summary>
    bool IsAsked(HttpRequest request);

    /// <summary>Accepts or refuses such a request for an endpoint below <c>/api/v1</c>.</summary>
    Task AcceptAsync(HttpContext http);
}
